import { basename, dirname } from 'node:path';
import { FormatError, InputError } from '../../engine/core/errors.js';
import { parseSize } from '../../engine/core/units.js';
import { requireSound } from '../../engine/formats/vmdk/check/sound.js';
import { Disk, openDisk } from '../../engine/formats/vmdk/disk.js';
import type { Sectors } from '../../engine/formats/vmdk/extent.js';
import { RawExtent } from '../../engine/formats/vmdk/flat-extent.js';
import { SECTOR } from '../../engine/formats/vmdk/medium.js';
import { DiskFiles } from '../../input/image/disk-files.js';
import { zlibCodec } from '../../input/image/zlib-codec.js';
import { printable } from '../volume/printable.js';

export interface SourceOptions {
  readonly outside: boolean;
  /** `raw`, `vmdk`, or undefined for VMDK. */
  readonly from?: string | undefined;
}

/**
 * Runs `use` with files of disks open, and turns damage into a message that says what to do.
 * @param raw the option that says that the file is no VMDK, where there is one
 */
export async function withFiles<T>(
  path: string,
  outside: boolean,
  use: (files: DiskFiles) => T | Promise<T>,
  raw?: string,
): Promise<T> {
  const files = new DiskFiles(outside);
  try {
    files.open(path);
    return await use(files);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const message = error.message.startsWith(`${path}: `)
      ? error.message.slice(path.length + 2)
      : error.message;
    const whole = 'vmtop disk check looks at all of a disk';
    const hint = raw === undefined ? whole : `${whole}; ${raw} raw says that it is no VMDK`;
    throw InputError.of(path, message, hint);
  } finally {
    files.close();
  }
}

/**
 * Runs `use` with a disk and its descriptor's chain, or with the bytes of a raw one.
 * @param option the one that says which of the two it is
 */
export async function withSource<T>(
  path: string,
  { outside, from }: SourceOptions,
  use: (source: Sectors, files: DiskFiles) => Promise<T>,
  option = '--from',
): Promise<T> {
  if (from !== undefined && from !== 'raw' && from !== 'vmdk') {
    throw InputError.of(option, `expected raw or vmdk, found "${from}"`);
  }
  const open = (files: DiskFiles): Sectors => {
    if (from === 'raw') return new RawExtent(files.open(path));
    const disk = openDisk(files.folder(dirname(path)), basename(path), zlibCodec);
    requireWhole(disk);
    return disk;
  };
  return withFiles(path, outside, (files) => use(open(files), files), option);
}

/** Refuses a disk whose copy would be of something else, and says what else is to be known of it. */
export function requireWhole(disk: Disk): void {
  for (const text of requireSound(disk)) process.stderr.write(`vmtop: ${printable(text)}\n`);
}

/** The descriptor of a source that has one. */
export function descriptorOf(source: Sectors) {
  return source instanceof Disk ? source.links[0]?.descriptor : undefined;
}

/** @throws InputError unless it is a size of whole sectors */
export function readSectors(option: string, text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined || bytes < 0 || !Number.isSafeInteger(bytes)) {
    throw InputError.of(option, `expected a size with its unit, found "${text}"`, 'such as 20GiB');
  }
  if (bytes % SECTOR === 0) return bytes / SECTOR;
  throw InputError.of(option, `${bytes} bytes are not whole sectors of ${SECTOR}`);
}
