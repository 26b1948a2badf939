import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { InputError } from '../../engine/core/errors.js';
import { formatSize } from '../../engine/core/units.js';
import { isZero } from '../../engine/formats/vmfs/bytes.js';
import { growFileSystem } from '../../engine/formats/vmfs/grow-blocks.js';
import { LogicalVolume } from '../../engine/formats/vmfs/logical-volume.js';
import { extendLvm, growLvm } from '../../engine/formats/vmfs/lvm-change.js';
import { LVM_HEADER_AT } from '../../engine/formats/vmfs/lvm-records.js';
import type { BlockMedium } from '../../engine/formats/vmfs/medium.js';
import { hasVmfsPartition, VmfsPartition } from '../../engine/formats/vmfs/partition.js';
import { growPartition } from '../../engine/formats/vmfs/partition-grow.js';
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

/** A device with another volume or a system on it is not taken by mistake. */
function requireUnused(medium: BlockMedium, volume: LogicalVolume): void {
  if (hasVmfsPartition(medium)) {
    // One that an earlier `extend` was cut off from.
    if (LogicalVolume.uuidOn(medium) === volume.record.uuid) return;
    throw InputError.of(
      medium.name,
      'it holds a VMFS volume',
      '--force takes it, with all it holds',
    );
  }
  // Partition tables, boot code and the headers of all common file systems are here.
  const start = new Uint8Array(Math.min(medium.blocks * 512, LVM_HEADER_AT));
  medium.read(0, start.length / 512, start);
  if (isZero(start)) return;
  throw InputError.of(medium.name, 'it is not empty', '--force takes it, with all it holds');
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
    const { medium } = volume.last;
    if (medium instanceof VmfsPartition) growPartition(medium, () => randomBytes(16));
    growLvm(LogicalVolume.openInterrupted(media), now());
    useAll(media);
    if (LogicalVolume.open(media).bytes === before) {
      process.stderr.write('vmtop: the volume uses all whole extents of 256 MiB there are\n');
    }
  });
}

/** Makes the image larger that holds the end of the volume; a partition of it follows later. */
function enlarge(paths: readonly string[], bytes: number): void {
  const last = withImages(paths, false, (media) => {
    const { medium } = LogicalVolume.openInterrupted(media).last;
    return medium instanceof VmfsPartition ? medium.whole : medium;
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
