import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { FormatError, InputError } from '../../engine/core/errors.js';
import { LogicalVolume } from '../../engine/formats/vmfs/logical-volume.js';
import { showDiskId } from '../../engine/formats/vmfs/lvm-records.js';
import { copiedDevices } from '../../engine/formats/vmfs/resignature.js';
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
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true || stats?.isBlockDevice() === true;
}

/** Hex digits of a disk id, at most 44 bytes of them. */
const DEVICE = /^(?:naa\.|t10\.|eui\.)?((?:[0-9a-f]{2}){1,44})$/i;

/** What `--device` says the LUNs are, one for each image, with commas between. */
function readIdentities(device: string | undefined, images: number): Uint8Array[] {
  if (device === undefined) return [];
  const names = device.split(',');
  if (names.length !== images) {
    throw InputError.of('--device', `${names.length} identifiers for ${images} images`);
  }
  return names.map((name) => {
    const digits = DEVICE.exec(name)?.[1];
    if (digits !== undefined) return Uint8Array.from(Buffer.from(digits, 'hex'));
    throw InputError.of(
      '--device',
      `expected the identifier of a LUN, found "${name}"`,
      'for example naa.600508b1001c3ea7',
    );
  });
}

/**
 * Runs `use` with the images open, and closes them whatever happens.
 * @param device value of `--device`
 */
export function withImages<T>(
  paths: readonly string[],
  writable: boolean,
  use: (images: readonly FileImage[]) => T,
  device?: string,
): T {
  const identities = readIdentities(device, paths.length);
  const images: FileImage[] = [];
  try {
    for (const path of paths) {
      if (paths.indexOf(path) !== images.length) throw InputError.of(path, 'given twice');
      images.push(FileImage.open(path, writable, identities[images.length]));
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

export function withVolume<T>(
  paths: readonly string[],
  use: (volume: Volume) => T,
  device?: string,
): T {
  return withImages(
    paths,
    false,
    (images) => {
      warnOfCopies(images);
      return use(Volume.open(images, { seconds: now() }));
    },
    device,
  );
}

/** A copy of a volume must not be used beside the original: the LVM header names another device. */
function warnOfCopies(images: readonly FileImage[]): void {
  const volume = LogicalVolume.open(images);
  for (const { medium, header } of copiedDevices(volume)) {
    const made = showDiskId(header.diskId);
    process.stderr.write(
      `vmtop: ${medium.name}: a copy (snapshot LUN): its volume was made on ${made}; ` +
        'an ESXi host does not mount it before vmtop volume resignature gives it a new one\n',
    );
  }
  if (!volume.complete) {
    process.stderr.write(
      `vmtop: ${volume.head.medium.name}: a device is missing, files on it cannot be read: ` +
        `${volume.missing}\n`,
    );
  }
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
