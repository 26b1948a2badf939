import {
  EXTENT_BYTES,
  EXTENT_RECORD_BYTES,
  EXTENTS_PER_MAP,
  type ExtentRecord,
  LVM_DATA_AT,
  LVM_HEADER_AT,
} from './lvm-records.js';
import { type BlockMedium, MEDIUM_BLOCK_BYTES } from './medium.js';

/**
 * Where LVM puts its tables and the physical extents on a device. Behind the header and behind each 16 TiB
 * of extents follows a region of 16 MiB, with up to 8 pairs of bitmap and table at the same places in it
 * (reference, section 3.2; dissect.vmfs follows such regions from one to the next). That further regions
 * lie directly behind the extents before them is derived: the first one does, before its own.
 */

/** Pairs of bitmap and table in a region. */
export const MAPS_PER_REGION = 8;
/** 16 TiB. */
export const EXTENTS_PER_REGION = MAPS_PER_REGION * EXTENTS_PER_MAP;
export const REGION_BYTES = LVM_DATA_AT - LVM_HEADER_AT;

/** Where the tables of a device stand, in bytes from its start; in other regions at the same distance. */
export interface LvmLayout {
  readonly volumeAt: number;
  readonly namesAt: number;
  readonly bitmapAt: number;
  readonly bitmapBytes: number;
  readonly tableAt: number;
  /** From one pair of bitmap and table to the next. */
  readonly mapStride: number;
}

export function lvmLayout(major: number): LvmLayout {
  const tableBytes = EXTENTS_PER_MAP * EXTENT_RECORD_BYTES;
  if (major === 6) {
    return {
      volumeAt: 0x101000,
      namesAt: 0x17f000,
      bitmapAt: 0x181000,
      bitmapBytes: 4096,
      tableAt: 0x182000,
      mapStride: 4096 + tableBytes,
    };
  }
  return {
    volumeAt: 0x100200,
    namesAt: 0x17e200,
    bitmapAt: 0x180200,
    bitmapBytes: 1024,
    tableAt: 0x180600,
    mapStride: 1024 + tableBytes,
  };
}

/** Byte on the device of its extent `index`. */
export function extentAt(index: number): number {
  const region = Math.floor(index / EXTENTS_PER_REGION);
  return LVM_DATA_AT + index * EXTENT_BYTES + region * REGION_BYTES;
}

/** Byte on the device of region `region`; 0 is that of the header. */
export function regionAt(region: number): number {
  return extentAt(region * EXTENTS_PER_REGION) - REGION_BYTES;
}

/** Whole physical extents a device has room for. */
export function extentsOn(medium: BlockMedium): number {
  const bytes = medium.blocks * MEDIUM_BLOCK_BYTES;
  let extents = Math.max(0, Math.floor((bytes - LVM_DATA_AT) / EXTENT_BYTES));
  while (extents > 0 && extentAt(extents - 1) + EXTENT_BYTES > bytes) extents--;
  return extents;
}

/** Extents one record stands for, at most: on LVM 6 all between two regions. */
function extentsPerRecord(major: number): number {
  return major === 6 ? EXTENTS_PER_REGION : 1;
}

/** Records for that many extents. */
export function recordCount(major: number, extents: number): number {
  return Math.ceil(extents / extentsPerRecord(major));
}

export function mapCount(records: number): number {
  return Math.ceil(records / EXTENTS_PER_MAP);
}

/** Record `id` of a device all of whose extents belong to one volume, in their order. */
export function plainRecord(
  major: number,
  id: number,
  part: { readonly firstExtent: number; readonly extents: number },
): ExtentRecord {
  const per = extentsPerRecord(major);
  const index = id * per;
  return {
    used: true,
    id,
    volume: 0,
    physicalAt: extentAt(index),
    logicalAt: (part.firstExtent + index) * EXTENT_BYTES,
    bytes: Math.min(per, part.extents - index) * EXTENT_BYTES,
  };
}

/** The tables of a device with that many extents, as its header counts them. */
export function regionsFor(
  major: number,
  extents: number,
): { readonly records: number; readonly maps: number; readonly nextRegionAt: number } {
  const records = recordCount(major, extents);
  const maps = mapCount(records);
  return {
    records,
    maps: Math.min(maps, MAPS_PER_REGION),
    nextRegionAt: maps > MAPS_PER_REGION ? regionAt(1) : 0,
  };
}
