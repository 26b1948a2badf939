import { InputError } from '../../core/errors.js';
import { encodeUtf8, getText, putText, putU32, sameBytes } from './bytes.js';
import { lvmLayout } from './extent-places.js';
import { SUPERBLOCK_AT } from './generation.js';
import { LogicalVolume, openDevices, type VolumeDevice } from './logical-volume.js';
import { patchSector } from './lvm-change.js';
import { LVM_HEADER_AT, putDiskId } from './lvm-records.js';
import type { BlockMedium } from './medium.js';
import { LABEL_BYTES, SUPERBLOCK_BYTES } from './superblock.js';
import { putUuid, type Uuid, uuidBytes } from './uuid.js';

export interface ResignatureOptions {
  /** Makes UUIDs. */
  readonly uuid: () => Uuid;
  /** A random word of 32 bits: the eight digits of the new label. */
  readonly random: () => number;
}

/** States of a volume record (reference, section 3.3). */
const NORMAL = 1;
const PENDING = 2;
const DONE = 3;

/** Offsets in the file system descriptor (reference, section 5). */
const FS_UUID_AT = 0x09;
const LABEL_AT = 0x1d;
const LVM_UUID_AT = 0xb1;

/**
 * Makes a copy of a volume a volume of its own: new UUIDs, a new label, the identity of the devices it is
 * on now (reference, section 3.6). Each device is marked before the first changes; whoever is cut off does
 * it again, and it goes on where it was.
 * @returns the new label
 * @throws InputError where a device is missing or read-only; FormatError where this is no volume
 */
export function resignature(media: readonly BlockMedium[], options: ResignatureOptions): string {
  const devices = media.flatMap(openDevices);
  const begun = devices.find(({ record }) => record.state === DONE);
  if (begun === undefined) {
    requireWhole(LogicalVolume.open(media));
    for (const device of devices) setState(device, PENDING);
  }
  const uuid = begun?.record.uuid ?? options.uuid();
  for (const device of devices) if (device.record.uuid !== uuid) rename(device, uuid, options);
  const volume = LogicalVolume.open(media);
  requireWhole(volume);
  const label = renameFileSystem(volume, uuid, options);
  for (const device of volume.devices) setState(device, NORMAL);
  return label;
}

function requireWhole(volume: LogicalVolume): void {
  if (volume.writable) return;
  throw InputError.of(
    volume.devices[0].medium.name,
    volume.complete ? 'the volume is read-only' : `a device is missing: ${volume.missing}`,
    'give all its images, writable: a resignature changes every one',
  );
}

function setState({ medium, header }: VolumeDevice, state: number): void {
  patchSector(medium, lvmLayout(header.major).volumeAt, (bytes) => putU32(bytes, 0x10, state));
}

function rename({ medium, header }: VolumeDevice, uuid: Uuid, options: ResignatureOptions): void {
  const device = options.uuid();
  patchSector(medium, LVM_HEADER_AT, (bytes) => {
    putUuid(bytes, 0x82, device);
    putDiskId(bytes, medium.identity ?? uuidBytes(device));
  });
  patchSector(medium, lvmLayout(header.major).volumeAt, (bytes) => {
    putText(bytes, 0x14, 64, uuid);
    putUuid(bytes, 0x54, uuid);
    putU32(bytes, 0x10, DONE);
  });
}

/** One sector: UUID, volume and label change together. */
function renameFileSystem(volume: LogicalVolume, uuid: Uuid, options: ResignatureOptions): string {
  const bytes = new Uint8Array(SUPERBLOCK_BYTES);
  volume.read(SUPERBLOCK_AT, bytes);
  const old = getText(bytes, LABEL_AT, LABEL_BYTES);
  if (sameUuid(bytes, uuid)) return old;
  const label = copyLabel(old, options.random());
  putUuid(bytes, FS_UUID_AT, options.uuid());
  putUuid(bytes, LVM_UUID_AT, uuid);
  putText(bytes, LABEL_AT, LABEL_BYTES, label);
  volume.write(SUPERBLOCK_AT, bytes);
  volume.flush();
  return label;
}

function sameUuid(superblock: Uint8Array, uuid: Uuid): boolean {
  return sameBytes(superblock.subarray(LVM_UUID_AT, LVM_UUID_AT + 16), uuidBytes(uuid));
}

/** `snap-<8 hex>-<old>`, cut where a label ends. */
function copyLabel(old: string, word: number): string {
  let label = `snap-${(word >>> 0).toString(16).padStart(8, '0')}-${old}`;
  while (encodeUtf8(label).length >= LABEL_BYTES) label = label.slice(0, -1);
  return label;
}

/** Where a volume is a copy: which devices are not those it was made on, and what they were. */
export function copiedDevices(volume: LogicalVolume): readonly VolumeDevice[] {
  return volume.devices.filter(({ medium, header }) => {
    const { identity } = medium;
    return identity !== undefined && !sameBytes(identity, header.diskId);
  });
}
