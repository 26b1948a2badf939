import { statSync } from 'node:fs';
import { InputError } from '../../engine/core/errors.js';
import { formatSize } from '../../engine/core/units.js';
import { growFileSystem } from '../../engine/formats/vmfs/grow-blocks.js';
import { LogicalVolume } from '../../engine/formats/vmfs/logical-volume.js';
import { extendLvm, growLvm } from '../../engine/formats/vmfs/lvm-change.js';
import type { BlockMedium } from '../../engine/formats/vmfs/medium.js';
import { findVmfsPartition } from '../../engine/formats/vmfs/partition.js';
import { resignature } from '../../engine/formats/vmfs/resignature.js';
import { Volume } from '../../engine/formats/vmfs/volume.js';
import { FileImage } from '../../input/image/file-image.js';
import { readSize } from './format.js';
import { newUuid, now, randomWord, splitArguments, withImages } from './images.js';
import { describeSpace } from './read.js';

interface ExtendOptions {
  readonly size: string | undefined;
  readonly force: boolean;
}

/** `vmtop volume extend`: one more device. */
export function extendImages(all: readonly string[], options: ExtendOptions): void {
  const { images, rest } = splitArguments(all, ['NEWIMAGE']);
  const [path = ''] = rest;
  if (options.size !== undefined) {
    FileImage.create(path, readSize('--size', options.size), options.force).close();
  }
  withImages([...images, path], true, (media) => {
    const added = media.slice(-1);
    const volume = LogicalVolume.openInterrupted(media.slice(0, -1));
    requireWhole(volume);
    if (!options.force) for (const medium of added) requireUnused(medium, volume);
    extendLvm(volume, added, [newUuid()], now());
    useAll(media);
  });
}

/** A device with another volume on it is not taken by mistake. */
function requireUnused(medium: BlockMedium, volume: LogicalVolume): void {
  if (!hasVolume(medium)) return;
  const mine = LogicalVolume.uuidOn(medium) === volume.record.uuid;
  if (mine) return;
  throw InputError.of(medium.name, 'it holds a VMFS volume', '--force takes it, with all it holds');
}

function hasVolume(medium: BlockMedium): boolean {
  try {
    findVmfsPartition(medium);
    return true;
  } catch {
    return false;
  }
}

/** `vmtop volume grow`: to SIZE, or into what its images have grown to already. */
export function growImages(all: readonly string[]): void {
  const last = all.at(-1) ?? '';
  const sized = all.length > 1 && statSync(last, { throwIfNoEntry: false }) === undefined;
  const paths = sized ? all.slice(0, -1) : all;
  if (sized) enlarge(paths, readSize('SIZE', last));
  withImages(paths, true, (media) => {
    const volume = LogicalVolume.openInterrupted(media);
    requireWhole(volume);
    const before = volume.bytes;
    growLvm(volume, now());
    useAll(media);
    if (LogicalVolume.open(media).bytes === before) {
      process.stderr.write('vmtop: the volume uses all whole extents of 256 MiB there are\n');
    }
  });
}

/** Makes the image larger that holds the end of the volume. */
function enlarge(paths: readonly string[], bytes: number): void {
  const last = withImages(paths, false, (media) => {
    const volume = LogicalVolume.openInterrupted(media);
    const image = media.find((medium) => medium === volume.last.medium);
    if (image !== undefined) return image;
    throw InputError.of(
      volume.last.medium.name,
      'the volume is in a partition of it',
      'enlarge image and partition, for example with truncate and parted, then leave out SIZE',
    );
  });
  const old = last.blocks * 512;
  if (bytes < old) {
    throw InputError.of('SIZE', `smaller than ${last.name} is, which has ${formatSize(old)}`);
  }
  FileImage.enlarge(last.name, bytes);
}

function requireWhole(volume: LogicalVolume): void {
  if (volume.complete) return;
  throw InputError.of(
    volume.head.medium.name,
    `a device of the volume is missing: it has ${volume.missing}`,
    'give all its images',
  );
}

/** Lets the file system use all of its volume. */
function useAll(media: readonly BlockMedium[]): void {
  const volume = Volume.open(media, { seconds: now(), host: newUuid() });
  try {
    growFileSystem(volume.core);
  } finally {
    volume.close();
  }
  process.stdout.write(`${describeSpace(Volume.open(media, { seconds: now() }))}\n`);
}

/** `vmtop volume resignature`. */
export function resignatureImages(images: readonly string[], device: string | undefined): void {
  withImages(
    images,
    true,
    (media) => {
      const label = resignature(media, { uuid: newUuid, random: randomWord });
      const { superblock } = Volume.open(media, { seconds: now() }).core;
      process.stdout.write(`${label} ${superblock.uuid}\n`);
    },
    device,
  );
}
