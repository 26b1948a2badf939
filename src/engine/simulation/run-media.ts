import type { DiskArray } from '../devices/array/disk-array.js';
import type { BlockMedium } from '../formats/vmfs/medium.js';
import type { Plan } from '../plan/plan.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import { RecordedVolume } from '../stack/filesystem/vmfs/on-disk/recorded-volume.js';

/** True when some LUN keeps what is written to it. */
export function keepsBytes({ arrays }: Plan): boolean {
  return arrays.some(({ luns }) => luns.some(({ content }) => content !== undefined));
}

/** By uid, what LUNs that keep bytes hold. */
export function imagesOf(arrays: ReadonlyMap<string, DiskArray>): Map<string, BlockMedium> {
  const images = new Map<string, BlockMedium>();
  for (const { luns } of arrays.values()) {
    for (const { uid, media } of luns.values()) {
      if (media?.image !== undefined) images.set(uid, media.image);
    }
  }
  return images;
}

/** Unmounts volumes whose bytes are kept; names of those with something still on its way. */
export function unmountAll(datastores: Iterable<Datastore>): string[] {
  const left: string[] = [];
  for (const datastore of datastores) {
    if (datastore instanceof RecordedVolume && !datastore.unmount()) left.push(datastore.name);
  }
  return left;
}
