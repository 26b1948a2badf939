import { getU16, getU32, putU16, putU32 } from './bytes.js';
import type { Cluster } from './cluster.js';
import type { ResourceLayout } from './resource-header.js';

/**
 * For whom the resources of a VMFS 6 cluster were taken: keys, which are addresses of descriptors as they
 * stand on disk. Not documented but for the field names of dissect.vmfs (`affinityCount`, `affinityFD`);
 * read off the sample volume, every cluster of which this explains:
 *
 * - sub-blocks and descriptors: a key for each resource from 0x8e0 of the bitmap block on. A sub-block has
 *   its file's affinity, a descriptor its directory; free ones and those of a new volume 0.
 * - small file blocks: keys with the number of blocks each has here, 8 bytes, from 0x940 on; the header
 *   counts them at 0x26. The first one is 0 and has no blocks, and is counted too; vmtop has it count what
 *   found no room in the table (model: dissect.vmfs speaks of overflow keys).
 *
 * The affinity of a file (0x68) is itself until it has content, then its directory.
 */
export type AffinityKeys = 'none' | 'each' | 'counted';

/** Descriptor address as it stands on disk; 0 for nobody. */
export type AffinityKey = number;

const EACH_AT = 0x8e0;
const COUNT_AT = 0x26;
const ENTRIES_AT = 0x940;
const ENTRY_BYTES = 8;
/** Resources a cluster has at most where each has a key. */
export const EACH_MAX = (0x1000 - EACH_AT) / 4;
/** What fits behind `ENTRIES_AT`; the resource header says so too. */
export const ENTRIES_MAX = 216;

/** Notes that a resource was taken for a key, or with key 0 that it is free. */
export function keepKey(
  cluster: Cluster,
  { keys }: ResourceLayout,
  item: number,
  key: AffinityKey,
): void {
  if (keys === 'each') putU32(cluster.bytes, eachAt(cluster, item), key);
}

/** Key of a resource where each has one. */
export function keyOf(cluster: Cluster, item: number): AffinityKey {
  return getU32(cluster.bytes, eachAt(cluster, item));
}

function eachAt({ generation }: Cluster, item: number): number {
  return generation.unitBytes + EACH_AT + 4 * item;
}

/** Keys with the blocks each has in a cluster, where they are counted. */
export function keysIn(cluster: Cluster): Map<AffinityKey, number> {
  const found = new Map<AffinityKey, number>();
  for (let index = 1; index < entries(cluster); index++) {
    const at = entryAt(cluster, index);
    const key = getU32(cluster.bytes, at);
    found.set(key, (found.get(key) ?? 0) + getU32(cluster.bytes, at + 4));
  }
  return found;
}

/** Blocks of keys that found no room in the table: the first entry counts them. */
export function restOf(cluster: Cluster): number {
  return getU32(cluster.bytes, entryAt(cluster, 0) + 4);
}

/**
 * Counts blocks that a key has taken, or given back where `change` is negative. What the table counts for a
 * key is never more than it has; with the rest it is all there is.
 */
export function countKey(
  cluster: Cluster,
  { keys }: ResourceLayout,
  key: AffinityKey,
  change: number,
): void {
  if (keys !== 'counted' || key === 0) return;
  const { bytes } = cluster;
  const count = entries(cluster);
  let index = 1;
  while (index < count && getU32(bytes, entryAt(cluster, index)) !== key) index++;
  if (index >= count && (change < 0 || count >= ENTRIES_MAX)) {
    const rest = Math.max(0, restOf(cluster) + change);
    putU32(bytes, entryAt(cluster, 0) + 4, rest);
    setEntries(cluster, count);
    return;
  }
  const at = entryAt(cluster, index);
  const had = index < count ? getU32(bytes, at + 4) : 0;
  putU32(bytes, at, key);
  putU32(bytes, at + 4, Math.max(0, had + change));
  if (had + change > 0) {
    setEntries(cluster, Math.max(count, index + 1));
    return;
  }
  // The last one fills the gap: nobody needs to know whether there may be gaps.
  const last = entryAt(cluster, count - 1);
  bytes.copyWithin(at, last, last + ENTRY_BYTES);
  bytes.fill(0, last, last + ENTRY_BYTES);
  setEntries(cluster, count - 1);
}

/** Entries of the table, the first one included; one where it counts none. */
function entries({ bytes, generation }: Cluster): number {
  return Math.min(ENTRIES_MAX, Math.max(1, getU16(bytes, generation.unitBytes + COUNT_AT)));
}

/** A table without keys and rest is none. */
function setEntries(cluster: Cluster, count: number): void {
  const some = count > 1 || restOf(cluster) > 0;
  putU16(cluster.bytes, cluster.generation.unitBytes + COUNT_AT, some ? count : 0);
}

function entryAt({ generation }: Cluster, index: number): number {
  return generation.unitBytes + ENTRIES_AT + ENTRY_BYTES * index;
}
