import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { posix } from 'node:path';
import { InputError } from '../../engine/core/errors.js';
import type { Volume } from '../../engine/formats/vmfs/volume.js';
import { fileError } from '../../input/read-bytes.js';
import { PartProgress } from '../../output/part-progress.js';
import { changeVolume, randomWord, splitArguments } from './images.js';
import { printable } from './printable.js';

/** Bytes that are copied together: one transaction. */
const CHUNK = 16 << 20;
const BLOCK = 1 << 20;

interface PutOptions {
  readonly force: boolean;
  readonly thin: boolean;
  readonly resident: boolean | undefined;
}

/**
 * `vmtop volume put`. The file gets its name when all of it is there: whoever reads the volume, also
 * after a crash, sees the old file or the new one.
 */
export function putFile(all: readonly string[], options: PutOptions): void {
  const { images, rest } = splitArguments(all, ['FILE', 'PATH']);
  const [source = '', path = ''] = rest;
  const file = openSource(source);
  try {
    const resident = options.resident === undefined ? {} : { resident: options.resident };
    changeVolume(images, resident, (volume) => copyIn(volume, file, source, path, options));
  } finally {
    closeSync(file);
  }
}

function openSource(path: string): number {
  try {
    const file = openSync(path, 'r');
    if (!fstatSync(file).isDirectory()) return file;
    closeSync(file);
    throw Object.assign(new Error(path), { code: 'EISDIR' });
  } catch (error) {
    throw fileError(path, error);
  }
}

function copyIn(
  volume: Volume,
  file: number,
  source: string,
  path: string,
  options: PutOptions,
): void {
  const target = destination(volume, path, source);
  if (!options.force && exists(volume, target)) {
    throw InputError.of(target, 'a file of this name exists', '--force replaces it');
  }
  const folder = target.slice(0, target.lastIndexOf('/') + 1);
  const part = `${folder}.vmtop-${randomWord().toString(16)}.part`;
  const progress = new PartProgress(process.stderr, printable(target));
  removeLeftOvers(volume, folder);
  volume.create(part);
  try {
    copyBytes(volume, file, source, part, options.thin, progress);
    volume.rename(part, target, options.force);
  } catch (error) {
    volume.remove(part);
    throw error;
  } finally {
    progress.clear();
  }
}

/** Parts that an earlier `put` left when it was killed; nobody else writes while this one does. */
function removeLeftOvers(volume: Volume, folder: string): void {
  for (const { name } of volume.list(folder)) {
    if (/^\.vmtop-[0-9a-f]{1,8}\.part$/.test(name)) volume.remove(`${folder}${name}`);
  }
}

/** A path that ends in a slash or is a directory means a file in it. */
function destination(volume: Volume, path: string, source: string): string {
  const directory = exists(volume, path) && volume.stat(path).directory;
  if (!path.endsWith('/') && !directory) return path;
  const name = source.slice(source.lastIndexOf('/') + 1);
  return `${path.replace(/\/+$/, '')}/${name}`;
}

function exists(volume: Volume, path: string): boolean {
  try {
    volume.stat(path);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

function copyBytes(
  volume: Volume,
  file: number,
  source: string,
  target: string,
  thin: boolean,
  progress: PartProgress,
): void {
  const total = fstatSync(file).size;
  const chunk = new Uint8Array(Math.min(CHUNK, Math.max(total, 1 << 16)));
  let done = 0;
  for (;;) {
    const length = fill(file, source, chunk);
    if (length === 0) break;
    const bytes = chunk.subarray(0, length);
    if (thin && done + length > BLOCK) writeThin(volume, target, done, bytes);
    else volume.write(target, done, bytes);
    done += length;
    if (total > 0) progress.update(done / total);
  }
}

/** Blocks of nothing but zeros become holes, which read the same. */
function writeThin(volume: Volume, target: string, offset: number, bytes: Uint8Array): void {
  volume.resize(target, offset + bytes.length);
  for (let from = 0; from < bytes.length; from += BLOCK) {
    const block = bytes.subarray(from, from + BLOCK);
    if (block.some((byte) => byte !== 0)) volume.write(target, offset + from, block);
  }
}

function fill(file: number, source: string, chunk: Uint8Array): number {
  let length = 0;
  try {
    while (length < chunk.length) {
      const read = readSync(file, chunk, length, chunk.length - length, null);
      if (read === 0) break;
      length += read;
    }
  } catch (error) {
    throw fileError(source, error);
  }
  return length;
}

/** `vmtop volume rm`. */
export function removePath(all: readonly string[], recursive: boolean): void {
  const { images, rest } = splitArguments(all, ['PATH']);
  const path = posix.resolve('/', rest[0] ?? '');
  changeVolume(images, {}, (volume) => {
    const progress = new PartProgress(process.stderr, `removing ${printable(path)}`);
    try {
      // The root stays, and so does what is in it.
      removeTree(volume, path, recursive && path !== '/', progress);
    } finally {
      progress.clear();
    }
  });
}

function removeTree(
  volume: Volume,
  path: string,
  recursive: boolean,
  progress: PartProgress,
): void {
  if (recursive && volume.stat(path).directory) {
    const files = volume.list(path);
    files.forEach(({ name }, index) => {
      removeTree(volume, `${path}/${name}`, true, progress);
      progress.update((index + 1) / files.length);
    });
  }
  volume.remove(path);
}

/** `vmtop volume mkdir`. */
export function makeDirectory(all: readonly string[]): void {
  const { images, rest } = splitArguments(all, ['PATH']);
  changeVolume(images, {}, (volume) => volume.makeDirectory(rest[0] ?? ''));
}
