import { InputError } from '../../core/errors.js';
import { putText, putU32, putU64 } from './bytes.js';
import { clearRange } from './clear.js';
import {
  extentsOn,
  lvmLayout,
  MAPS_PER_REGION,
  mapCount,
  plainRecord,
  REGION_BYTES,
  recordCount,
  regionAt,
  regionsFor,
} from './extent-places.js';
import { LogicalVolume, type VolumeDevice } from './logical-volume.js';
import {
  DEVICES_MAX,
  EXTENT_BYTES,
  EXTENT_RECORD_BYTES,
  EXTENTS_PER_MAP,
  encodeDeviceHeader,
  encodeExtentRecord,
  encodeVolumeRecord,
  LVM_DATA_AT,
  LVM_HEADER_AT,
  LVM_MAGIC,
  LVM_WITH_NAMES,
  type NewDeviceHeader,
  type NewVolumeRecord,
} from './lvm-records.js';
import { type BlockMedium, MEDIUM_BLOCK_BYTES } from './medium.js';
import { type Uuid, uuidBytes } from './uuid.js';

export interface NewLvm {
  readonly major: number;
  readonly uuid: Uuid;
  /** Unix seconds. */
  readonly seconds: number;
  /** A UUID for each device. */
  readonly deviceUuids: readonly Uuid[];
  /** What each device says it is; its UUID where it says nothing. */
  readonly diskIds?: readonly (Uint8Array | undefined)[];
}

/**
 * Makes one volume of media, in their order (reference, section 3).
 * @throws InputError where one is too small or there are too many
 */
export function formatLvm(media: readonly BlockMedium[], lvm: NewLvm): LogicalVolume {
  if (media.length < 1 || media.length > DEVICES_MAX) {
    throw InputError.of('', `a volume has 1 to ${DEVICES_MAX} devices, found ${media.length}`);
  }
  const counts = media.map(extentsOn);
  counts.forEach((count, index) => {
    if (count > 0) return;
    const least = LVM_DATA_AT + EXTENT_BYTES;
    throw InputError.of(media[index].name, `too small for a volume: at least ${least} bytes`);
  });
  const total = counts.reduce((sum, count) => sum + count, 0);
  const records = counts.reduce((sum, count) => sum + recordCount(lvm.major, count), 0);
  let first = 0;
  media.forEach((medium, index) => {
    const extents = counts[index];
    const regions = regionsFor(lvm.major, extents);
    formatDevice(medium, {
      header: {
        major: lvm.major,
        minor: 0,
        deviceBytes: medium.blocks * MEDIUM_BLOCK_BYTES,
        extents,
        ...regions,
        generation: regions.records + 2,
        dataAt: LVM_DATA_AT,
        uuid: lvm.deviceUuids[index],
        diskId: lvm.diskIds?.[index] ?? uuidBytes(lvm.deviceUuids[index]),
        createdAt: lvm.seconds * 1e6,
      },
      record: {
        volumeBytes: total * EXTENT_BYTES,
        generation: records + media.length,
        state: 1,
        uuid: lvm.uuid,
        createdAt: lvm.seconds * 1e6,
        extents,
        records: regions.records,
        firstExtent: first,
        lastExtent: first + extents - 1,
        devices: media.length,
      },
      names: index === 0 ? media.map((_, device) => deviceName(device)) : [],
    });
    first += extents;
  });
  return LogicalVolume.open(media);
}

function deviceName(index: number): string {
  return `naa.vmtop${index}:1`;
}

interface NewDevice {
  readonly header: NewDeviceHeader;
  readonly record: NewVolumeRecord;
  readonly names: readonly string[];
}

/** Makes a medium one device of a volume; what it held is lost. */
export function formatDevice(medium: BlockMedium, { header, record, names }: NewDevice): void {
  const layout = lvmLayout(header.major);
  const write = (at: number, bytes: Uint8Array): void =>
    medium.write(at / MEDIUM_BLOCK_BYTES, bytes.length / MEDIUM_BLOCK_BYTES, bytes);
  clearRange(medium, LVM_HEADER_AT, LVM_DATA_AT - LVM_HEADER_AT);
  // An older MBR or GPT would name a partition that is gone.
  clearRange(medium, 0, LVM_HEADER_AT);
  writeExtentMaps(medium, header.major, record);
  if (header.major >= LVM_WITH_NAMES && names.length > 0) {
    const table = new Uint8Array(names.length * NAME_BYTES);
    names.forEach((name, index) => {
      putText(table, index * NAME_BYTES, NAME_BYTES, name);
    });
    write(layout.namesAt, padded(table));
  }
  write(layout.volumeAt, encodeVolumeRecord(record));
  write(LVM_HEADER_AT, encodeDeviceHeader(header));
}

const NAME_BYTES = 256;

/** What a device has of a volume, all of it in its order. */
interface Part {
  readonly firstExtent: number;
  readonly extents: number;
}

/** Bitmaps and tables of all physical extents of a device, and the regions they stand in. */
export function writeExtentMaps(medium: BlockMedium, major: number, part: Part): void {
  const { bitmapAt, mapStride } = lvmLayout(major);
  const write = (at: number, bytes: Uint8Array): void =>
    medium.write(at / MEDIUM_BLOCK_BYTES, bytes.length / MEDIUM_BLOCK_BYTES, bytes);
  const maps = mapCount(recordCount(major, part.extents));
  for (let map = 0; map < maps; map++) {
    const region = Math.floor(map / MAPS_PER_REGION);
    const inside = map % MAPS_PER_REGION;
    const at = regionAt(region) + bitmapAt - LVM_HEADER_AT + inside * mapStride;
    write(at, encodeMap(major, part, map));
    if (inside === 0 && region > 0) write(regionAt(region), encodeRegion(region, maps));
  }
}

/** Header of a region behind the first (dissect.vmfs). */
function encodeRegion(region: number, maps: number): Uint8Array {
  const bytes = new Uint8Array(MEDIUM_BLOCK_BYTES);
  const left = maps - region * MAPS_PER_REGION;
  putU32(bytes, 0, LVM_MAGIC);
  putU32(bytes, 4, Math.min(left, MAPS_PER_REGION));
  putU64(bytes, 8, regionAt(region) + REGION_BYTES);
  putU64(bytes, 0x10, left > MAPS_PER_REGION ? regionAt(region + 1) : 0);
  return bytes;
}

/** Notes the name of one more device on the head of a volume; before LVM 5 there is no such table. */
export function writeDeviceName({ medium, header }: VolumeDevice, index: number): void {
  if (header.major < LVM_WITH_NAMES) return;
  const at = lvmLayout(header.major).namesAt + index * NAME_BYTES;
  const lba = Math.floor(at / MEDIUM_BLOCK_BYTES);
  const sector = new Uint8Array(MEDIUM_BLOCK_BYTES);
  medium.read(lba, 1, sector);
  putText(sector, at % MEDIUM_BLOCK_BYTES, NAME_BYTES, deviceName(index));
  medium.write(lba, 1, sector);
}

/** Bitmap and table of up to 8,192 records. */
function encodeMap(major: number, part: Part, map: number): Uint8Array {
  const { bitmapBytes, mapStride } = lvmLayout(major);
  const from = map * EXTENTS_PER_MAP;
  const to = Math.min(recordCount(major, part.extents), from + EXTENTS_PER_MAP);
  const bytes = new Uint8Array(mapStride);
  for (let id = from; id < to; id++) {
    const index = id - from;
    bytes[index >> 3] |= 1 << (index & 7);
    const at = bitmapBytes + index * EXTENT_RECORD_BYTES;
    encodeExtentRecord(bytes, at, plainRecord(major, id, part));
  }
  // What follows the last record is zero already.
  const used = bitmapBytes + (to - from) * EXTENT_RECORD_BYTES;
  return bytes.subarray(0, Math.ceil(used / MEDIUM_BLOCK_BYTES) * MEDIUM_BLOCK_BYTES);
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / MEDIUM_BLOCK_BYTES) * MEDIUM_BLOCK_BYTES);
  whole.set(bytes);
  return whole;
}
