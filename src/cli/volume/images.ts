import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { FormatError, InputError } from '../../engine/core/errors.js';
import { makeUuid, type Uuid } from '../../engine/formats/vmfs/uuid.js';
import { type OpenOptions, Volume } from '../../engine/formats/vmfs/volume.js';
import { FileImage } from '../../input/image/file-image.js';

/** What the arguments of a command name: images, and what follows them. */
export interface Arguments {
  readonly images: readonly string[];
  readonly rest: readonly string[];
}

/**
 * Takes the last `count` arguments off the images.
 * @throws InputError when there are too few
 */
export function splitArguments(all: readonly string[], names: readonly string[]): Arguments {
  if (all.length <= names.length) {
    throw InputError.of('', `expected IMAGE... ${names.join(' ')}, found ${all.length} arguments`);
  }
  return { images: all.slice(0, -names.length), rest: all.slice(-names.length) };
}

/** Like `splitArguments` for one path that may be left out: what is a file here is an image. */
export function splitOptionalPath(all: readonly string[]): Arguments {
  const last = all.at(-1) ?? '';
  if (all.length < 2 || isFile(last)) return { images: all, rest: [] };
  return { images: all.slice(0, -1), rest: [last] };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Runs `use` with the images open, and closes them whatever happens. */
export function withImages<T>(
  paths: readonly string[],
  writable: boolean,
  use: (images: readonly FileImage[]) => T,
): T {
  const images: FileImage[] = [];
  try {
    for (const path of paths) {
      if (paths.indexOf(path) !== images.length) throw InputError.of(path, 'given twice');
      images.push(FileImage.open(path, writable));
    }
    return use(images);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const place = paths[0] ?? '';
    const message = error.message.startsWith(`${place}: `)
      ? error.message.slice(place.length + 2)
      : error.message;
    throw InputError.of(place, message, 'vmtop volume check looks at what is left of a volume');
  } finally {
    for (const image of images) image.close();
  }
}

export function withVolume<T>(paths: readonly string[], use: (volume: Volume) => T): T {
  return withImages(paths, false, (images) => use(Volume.open(images, { seconds: now() })));
}

/** Opens a volume for writing; the session ends also when `use` fails. */
export function changeVolume<T>(
  paths: readonly string[],
  options: Pick<OpenOptions, 'resident'>,
  use: (volume: Volume) => T,
): T {
  return withImages(paths, true, (images) => {
    const volume = Volume.open(images, { ...options, seconds: now(), host: newUuid() });
    try {
      return use(volume);
    } finally {
      volume.close();
    }
  });
}

/** Unix seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

export function randomWord(): number {
  return randomBytes(4).readUInt32LE();
}

export function newUuid(): Uuid {
  return makeUuid(now(), [randomWord(), randomWord(), randomWord()]);
}
