import {
  lvmLayout,
  MAPS_PER_REGION,
  recordCount,
  regionAt,
} from '../../formats/vmfs/extent-places.js';
import type { Generation } from '../../formats/vmfs/generation.js';
import {
  EXTENT_RECORD_BYTES,
  EXTENTS_PER_MAP,
  LVM_HEADER_AT,
} from '../../formats/vmfs/lvm-records.js';
import type { VolumeLayout } from './volume-layout.js';

/** A write of LVM's own to a device, by its addresses in blocks. */
export interface LvmWrite {
  readonly uid: string;
  readonly lba: number;
  readonly blocks: number;
  /** On volumes that keep bytes. */
  readonly bytes?: Uint8Array;
}

/**
 * What LVM writes so that a volume takes more of a device, in phases: extent maps, header and volume
 * record of the device, then the volume record of every other one, the head last (vmfs-ondisk reference,
 * sections 3.2, 3.3 and 3.5). For volumes whose bytes are not kept: only how much is written where.
 * @param extents physical extents on the device afterwards
 */
export function lvmWrites(
  { devices }: VolumeLayout,
  uid: string,
  extents: number,
  major: Generation['product'],
): LvmWrite[][] {
  const layout = lvmLayout(major);
  const at = (byte: number, bytes: number, on = uid): LvmWrite => ({
    uid: on,
    lba: Math.floor(byte / 512),
    blocks: Math.ceil(bytes / 512),
  });
  const maps: LvmWrite[] = [];
  const records = recordCount(major, extents);
  for (let first = 0, map = 0; first < records; first += EXTENTS_PER_MAP, map++) {
    const count = Math.min(EXTENTS_PER_MAP, records - first);
    const bytes = layout.bitmapBytes + count * EXTENT_RECORD_BYTES;
    const region = regionAt(Math.floor(map / MAPS_PER_REGION));
    const inside = (map % MAPS_PER_REGION) * layout.mapStride;
    maps.push(at(region + layout.bitmapAt - LVM_HEADER_AT + inside, bytes));
  }
  const own = [at(LVM_HEADER_AT, 512), at(layout.volumeAt, 512)];
  const others = devices.filter((other) => other !== uid).reverse();
  const isNew = !devices.includes(uid);
  return [
    maps,
    ...own.map((write) => [write]),
    ...(isNew && major > 3 ? [[at(layout.namesAt, 512, devices[0])]] : []),
    ...others.map((other) => [at(layout.volumeAt, 512, other)]),
  ];
}
