import { InputError } from '../../core/errors.js';
import { putU32, putU64 } from './bytes.js';
import { extentAt, extentsOn, lvmLayout, recordCount, regionsFor } from './extent-places.js';
import { LogicalVolume, type VolumeDevice } from './logical-volume.js';
import { formatDevice, writeDeviceName, writeExtentMaps } from './lvm-format.js';
import {
  DEVICES_MAX,
  EXTENT_BYTES,
  encodeDeviceHeader,
  LVM_DATA_AT,
  LVM_HEADER_AT,
  LVM_RECORD_BYTES,
  type NewDeviceHeader,
} from './lvm-records.js';
import { type BlockMedium, MEDIUM_BLOCK_BYTES } from './medium.js';
import { type Uuid, uuidBytes } from './uuid.js';

/**
 * Adds devices to a volume, behind those it has (reference, section 3.5). The head learns of them last:
 * until then the volume is as before, and the same can be done again.
 * @param uuids of the devices
 * @returns the larger volume
 */
export function extendLvm(
  volume: LogicalVolume,
  added: readonly BlockMedium[],
  uuids: readonly Uuid[],
  seconds: number,
): LogicalVolume {
  const { devices, major, record } = volume;
  requireLvm(volume);
  const count = devices.length + added.length;
  if (count > DEVICES_MAX) {
    throw InputError.of('', `a volume has at most ${DEVICES_MAX} devices, this would be ${count}`);
  }
  let next = record.volumeBytes / EXTENT_BYTES;
  const parts = added.map((medium) => {
    const extents = extentsOn(medium);
    if (extents < 1) {
      const least = LVM_DATA_AT + EXTENT_BYTES;
      throw InputError.of(medium.name, `too small for a volume: at least ${least} bytes`);
    }
    next += extents;
    return { medium, extents, first: next - extents };
  });
  const whole = {
    volumeBytes: next * EXTENT_BYTES,
    generation: record.generation + 1,
    devices: count,
  };
  parts.forEach(({ medium, extents, first }, index) => {
    const createdAt = seconds * 1e6;
    const regions = regionsFor(major, extents);
    formatDevice(medium, {
      header: {
        major,
        minor: devices[0].header.minor,
        deviceBytes: medium.blocks * MEDIUM_BLOCK_BYTES,
        extents,
        ...regions,
        generation: regions.records + 2,
        dataAt: LVM_DATA_AT,
        uuid: uuids[index],
        diskId: uuidBytes(uuids[index]),
        createdAt,
      },
      record: {
        ...record,
        ...whole,
        createdAt,
        extents,
        records: regions.records,
        firstExtent: first,
        lastExtent: first + extents - 1,
      },
      names: [],
    });
    medium.flush();
    writeDeviceName(devices[0], devices.length + index);
  });
  for (const device of devices.toReversed()) patchVolume(device, whole, seconds);
  return LogicalVolume.open([...devices.map(({ medium }) => medium), ...added]);
}

/**
 * Lets a volume use all of its last device, which has become larger in place.
 * @returns the volume, larger by whole physical extents if there is room for any
 */
export function growLvm(volume: LogicalVolume, seconds: number): LogicalVolume {
  const { devices, major, record } = volume;
  requireLvm(volume);
  const { last } = volume;
  const { medium, header } = last;
  const before = last.record.lastExtent + 1 - last.record.firstExtent;
  const extents = extentsOn(medium);
  if (extents <= before) return volume;
  requireAlone(last);
  const whole = {
    volumeBytes: record.volumeBytes + (extents - before) * EXTENT_BYTES,
    generation: record.generation + 1,
    devices: devices.length,
  };
  const { firstExtent } = last.record;
  writeExtentMaps(medium, major, { firstExtent, extents });
  medium.flush();
  patchHeader(
    medium,
    {
      ...header,
      deviceBytes: medium.blocks * MEDIUM_BLOCK_BYTES,
      extents,
      ...regionsFor(major, extents),
      generation: header.generation + 1,
    },
    seconds,
  );
  patchVolume(last, { ...whole, extents, lastExtent: firstExtent + extents - 1 }, seconds);
  for (const device of devices.toReversed())
    if (device !== last) patchVolume(device, whole, seconds);
  return LogicalVolume.open(devices.map((device) => device.medium));
}

function requireLvm({ bare, head }: LogicalVolume): void {
  if (!bare) return;
  throw InputError.of(
    head.medium.name,
    'a file system without LVM cannot become larger',
    'copy its files to a volume of that size',
  );
}

/** The table is written anew: it must say that all of the device is the volume's, from its start on. */
function requireAlone({ medium, header, record, table }: VolumeDevice): void {
  const isPlain = table.runs.every(
    ({ logicalAt, physicalAt }) =>
      physicalAt === extentAt(logicalAt / EXTENT_BYTES - record.firstExtent),
  );
  if (isPlain && header.volumes === 1 && record.index === 0) return;
  throw InputError.of(
    medium.name,
    'its physical extents are not all of one volume and in its order',
    'extend the volume by another device instead of growing it on this one',
  );
}

interface VolumePatch {
  readonly volumeBytes: number;
  readonly generation: number;
  readonly devices: number;
  readonly extents?: number;
  readonly lastExtent?: number;
}

/** Changes fields of a volume record; what vmtop does not know in it stays. */
function patchVolume(device: VolumeDevice, patch: VolumePatch, seconds: number): void {
  const { volumeAt } = lvmLayout(device.header.major);
  const { major } = device.header;
  patchSector(device.medium, volumeAt, (bytes) => {
    putU64(bytes, 0x00, patch.volumeBytes);
    putU64(bytes, 0x08, patch.generation);
    putU64(bytes, 0x88, seconds * 1e6);
    putU32(bytes, 0x90, patch.devices);
    if (patch.extents === undefined || patch.lastExtent === undefined) return;
    putU32(bytes, 0x74, patch.extents);
    putU64(bytes, 0x80, patch.lastExtent);
    putU32(bytes, 0x110, recordCount(major, patch.extents));
  });
}

function patchHeader(medium: BlockMedium, header: NewDeviceHeader, seconds: number): void {
  const fresh = encodeDeviceHeader(header);
  patchSector(medium, LVM_HEADER_AT, (bytes) => {
    for (const [from, to] of [
      [0x5e, 0x66],
      [0x6a, 0x7a],
      [0xbe, 0xca],
    ]) {
      bytes.set(fresh.subarray(from, to), from);
    }
    putU64(bytes, 0x9a, seconds * 1e6);
    if (header.major === 6) putU32(bytes, 0xce, header.extents);
  });
}

/** One sector changes as a whole or not at all. */
export function patchSector(
  medium: BlockMedium,
  at: number,
  change: (bytes: Uint8Array) => void,
): void {
  const bytes = new Uint8Array(LVM_RECORD_BYTES);
  medium.read(at / MEDIUM_BLOCK_BYTES, 1, bytes);
  change(bytes);
  medium.write(at / MEDIUM_BLOCK_BYTES, 1, bytes);
  medium.flush();
}
