import type { DiskArray } from '../devices/array/disk-array.js';
import type { DatastorePlan } from '../plan/plan.js';
import { PARTITION_START } from '../stack/block/disk-driver.js';
import { extentsOf } from '../stack/block/lvm-volume.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import { FILE_BLOCK } from '../stack/filesystem/file.js';
import { VmfsVolume } from '../stack/filesystem/vmfs/volume.js';

/**
 * Ties VMFS datastores to the thin LUNs under them. What lies on a datastore when the run starts was written at some time before it: thin LUNs have
 * given pages to it; blocks still to be zeroed were never written. When a
 * pool gets room again, who waits for space on the datastore is told.
 */
export function connectThinLuns(
  plans: readonly DatastorePlan[],
  datastores: ReadonlyMap<string, Datastore>,
  arrays: ReadonlyMap<string, DiskArray>,
): void {
  const luns = new Map([...arrays.values()].flatMap((array) => [...array.luns]));
  for (const plan of plans) {
    const volume = datastores.get(plan.name);
    if (!(volume instanceof VmfsVolume)) continue;
    const own = plan.extents.flatMap((uid) => luns.get(uid) ?? []);
    if (!own.some(({ thin }) => thin)) continue;
    const extents = extentsOf(own.map(({ sizeBlocks }) => sizeBlocks));
    const written = volume.writtenBlocks();
    let start = 0;
    for (const [index, { startBlock, blocks }] of extents.entries()) {
      const lun = own[index];
      const end = start + blocks / FILE_BLOCK;
      if (lun.thin) {
        lun.pool.onSpaceFreed(() => volume.deviceSpaceFreed());
        const shift = PARTITION_START + startBlock - start * FILE_BLOCK;
        eachRun(written.subarray(start, end), (first, count) => {
          lun.preallocate(shift + (start + first) * FILE_BLOCK, count * FILE_BLOCK);
        });
      }
      start = end;
    }
  }
}

/** Calls `visit` for each run of ones. */
function eachRun(flags: Uint8Array, visit: (first: number, count: number) => void): void {
  for (let first = flags.indexOf(1); first >= 0; ) {
    const end = flags.indexOf(0, first);
    const after = end < 0 ? flags.length : end;
    visit(first, after - first);
    first = flags.indexOf(1, after);
  }
}
