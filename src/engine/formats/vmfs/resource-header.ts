import { FormatError } from '../../core/errors.js';
import { SMALL_PER_LARGE } from './address.js';
import { type AffinityKeys, EACH_MAX, ENTRIES_MAX } from './affinity.js';
import { getU32, putU16, putU32 } from './bytes.js';
import { clusterHeaderBytes, type Generation } from './generation.js';

/** First bytes of a resource file: how its clusters lie in it (reference, section 8). */
export interface ResourceLayout {
  /** Resources in a cluster; zero in the pointer-block file of VMFS 6, which has none. */
  readonly perCluster: number;
  readonly clustersPerGroup: number;
  /** Offset of the first group in the file. */
  readonly groupAt: number;
  /** Bytes of one resource; zero where the file only keeps the bitmap of resources elsewhere. */
  readonly resourceBytes: number;
  readonly groupBytes: number;
  readonly total: number;
  readonly groups: number;
  /** VMFS 6: offset of a second header in the same file, of the small blocks inside large ones. */
  readonly childAt: number;
  /** Bits the bitmap has for each resource: 1; on VMFS 6 2 for file blocks, 3 for large ones. */
  readonly bitsPerResource: number;
  /** VMFS 6: how the cluster headers say for whom resources were taken. */
  readonly keys: AffinityKeys;
  /** A child's headers lie where the parent's resources are. */
  readonly parent?: ResourceLayout;
}

export const RESOURCE_HEADER_BYTES = 512;
/** Where every known resource file has its first group. */
export const GROUP_AT = 0x10000;
const SIGNATURE = 0x72666d64;
/** Flags, read off the sample volume: 1 only where large blocks are, 4 and 8 by the kind of keys. */
const LARGE = 1;
const CHILD = 2;
const KEY_EACH = 4;
const KEYS_COUNTED = 8;

export function decodeResourceHeader(
  bytes: Uint8Array,
  generation: Generation,
  parent?: ResourceLayout,
): ResourceLayout {
  const perCluster = getU32(bytes, 0x00);
  const layout = {
    perCluster,
    clustersPerGroup: getU32(bytes, 0x04),
    groupAt: getU32(bytes, 0x08),
    resourceBytes: getU32(bytes, 0x0c),
    groupBytes: getU32(bytes, 0x10),
    total: getU32(bytes, 0x14) + (generation.product === 6 ? getU32(bytes, 0x1c) * 0x100000000 : 0),
    groups: getU32(bytes, 0x18),
    childAt: generation.product === 6 ? getU32(bytes, 0x34) : 0,
    bitsPerResource: generation.product === 6 ? Math.max(1, getU32(bytes, 0x30)) : 1,
    keys: generation.product === 6 ? keysOf(getU32(bytes, 0x28), perCluster) : ('none' as const),
  };
  if (generation.product === 6 && getU32(bytes, 0x20) !== SIGNATURE) {
    throw new FormatError('the header of the resource file has no rfmd signature');
  }
  const sane = parent === undefined ? layout : { ...layout, parent };
  requireSane(sane, generation);
  return sane;
}

function keysOf(flags: number, perCluster: number): AffinityKeys {
  if ((flags & KEYS_COUNTED) !== 0) return 'counted';
  const each = (flags & (KEY_EACH | LARGE)) === KEY_EACH && perCluster <= EACH_MAX;
  return each ? 'each' : 'none';
}

function flagsOf({ keys, parent }: ResourceLayout): number {
  const kind = { none: 0, each: KEY_EACH, counted: KEYS_COUNTED }[keys];
  return kind | (parent === undefined ? 0 : CHILD);
}

function requireSane(layout: ResourceLayout, generation: Generation): void {
  const { perCluster, clustersPerGroup, groupAt, resourceBytes, groupBytes, total } = layout;
  const wrong = (what: string): never => {
    throw new FormatError(`the header of the resource file has ${what}`);
  };
  if (total > 0 && perCluster === 0) wrong('resources but none in a cluster');
  if (perCluster * layout.bitsPerResource > generation.bitmapBits) {
    wrong(`${perCluster} resources in a cluster, more than its bitmap can hold`);
  }
  if (clustersPerGroup < 1 || clustersPerGroup > 65536) {
    wrong(`${clustersPerGroup} clusters in a group`);
  }
  if (layout.parent !== undefined) {
    if (perCluster !== SMALL_PER_LARGE) wrong(`${perCluster} small blocks in a large one`);
    return;
  }
  if (groupAt < RESOURCE_HEADER_BYTES || groupAt % 512 !== 0) wrong(`groups from byte ${groupAt}`);
  const expected = clustersPerGroup * (clusterHeaderBytes(generation) + perCluster * resourceBytes);
  if (groupBytes !== expected) wrong(`groups of ${groupBytes} bytes, expected ${expected}`);
}

export function encodeResourceHeader(layout: ResourceLayout, generation: Generation): Uint8Array {
  const bytes = new Uint8Array(RESOURCE_HEADER_BYTES);
  putU32(bytes, 0x00, layout.perCluster);
  putU32(bytes, 0x04, layout.clustersPerGroup);
  putU32(bytes, 0x08, layout.groupAt);
  putU32(bytes, 0x0c, layout.resourceBytes);
  putU32(bytes, 0x10, layout.groupBytes);
  putU32(bytes, 0x14, layout.total % 0x100000000);
  putU32(bytes, 0x18, layout.groups);
  if (generation.product !== 6) return bytes;
  putU32(bytes, 0x1c, Math.floor(layout.total / 0x100000000));
  putU32(bytes, 0x20, SIGNATURE);
  putU32(bytes, 0x24, 1);
  putU32(bytes, 0x28, flagsOf(layout));
  putU16(
    bytes,
    0x2c,
    layout.keys === 'counted' ? ENTRIES_MAX : Math.min(layout.perCluster, 0xffff),
  );
  putU16(bytes, 0x2e, 1);
  putU32(bytes, 0x30, layout.bitsPerResource);
  putU32(bytes, 0x34, layout.childAt);
  const { parent } = layout;
  if (parent === undefined) return bytes;
  putU32(bytes, 0x38, parent.perCluster);
  putU32(bytes, 0x3c, parent.clustersPerGroup);
  putU32(bytes, 0x40, parent.groupBytes);
  return bytes;
}

export function clusterCount(layout: ResourceLayout): number {
  return layout.perCluster === 0 ? 0 : Math.ceil(layout.total / layout.perCluster);
}

/** Offset of a cluster's header in the resource file. */
export function headerOffset(
  layout: ResourceLayout,
  generation: Generation,
  cluster: number,
): number {
  const { parent } = layout;
  if (parent !== undefined) {
    const item = cluster % parent.perCluster;
    return resourceOffset(parent, generation, Math.floor(cluster / parent.perCluster), item);
  }
  const group = Math.floor(cluster / layout.clustersPerGroup);
  const inGroup = cluster % layout.clustersPerGroup;
  return layout.groupAt + group * layout.groupBytes + inGroup * clusterHeaderBytes(generation);
}

/** Offset of a resource in the resource file (reference, section 8.4). */
export function resourceOffset(
  layout: ResourceLayout,
  generation: Generation,
  cluster: number,
  item: number,
): number {
  const group = Math.floor(cluster / layout.clustersPerGroup);
  const inGroup = cluster % layout.clustersPerGroup;
  return (
    layout.groupAt +
    group * layout.groupBytes +
    layout.clustersPerGroup * clusterHeaderBytes(generation) +
    (inGroup * layout.perCluster + item) * layout.resourceBytes
  );
}

/** Bytes of a resource file: all headers of every group, data as far as there are resources. */
export function resourceFileBytes(layout: ResourceLayout, generation: Generation): number {
  const { total, perCluster, groupAt, groupBytes, groups, resourceBytes } = layout;
  if (total === 0) return groupAt;
  if (resourceBytes === 0) return groupAt + groups * groupBytes;
  const last = Math.ceil(total / perCluster) - 1;
  const items = total - last * perCluster;
  return resourceOffset(layout, generation, last, items - 1) + resourceBytes;
}
