/**
 * Where VMFS5 keeps what, in blocks of 512 bytes from the start of the volume (vmfs-ondisk
 * reference, sections 4 and 8.5). The system files are laid one after the other.
 */
const MIB = 2048;

/** Heartbeat region: one slot of one block per host. */
export const HEARTBEATS = 3 * MIB;
export const HEARTBEAT_SLOTS = 2048;

/** File descriptors of 2 KB, the first block of each its lock. */
const DESCRIPTORS = 4 * MIB;
export const DESCRIPTOR_BLOCKS = 4;
export const DESCRIPTORS_MAX = 130_000;

/** Pointer blocks of 4 KB; each maps 1024 file blocks, 1 GiB of a file. */
const POINTERS = 259 * MIB;
export const POINTER_BLOCKS = 8;
export const POINTERS_MAX = 64_512;
export const POINTER_SPAN_SHIFT = 10;

/** Files up to this many file blocks need no pointer block: 256 MiB. */
export const DIRECT_BLOCKS = 256;

/** Sub-blocks of 8 KB. */
const SUB_BLOCKS = 515 * MIB;
export const SUB_BLOCK_BLOCKS = 16;
export const SUB_BLOCKS_MAX = 32_000;
/** Data of files up to 1 KB stands in their descriptor. */
export const RESIDENT_BYTES = 1024;

/** Headers of resource clusters: a lock block and a bitmap block each. */
const CLUSTERS = 765 * MIB;
export const CLUSTER_FILE_BLOCKS = 200;

export function descriptorAt(descriptor: number): number {
  return DESCRIPTORS + descriptor * DESCRIPTOR_BLOCKS;
}

/** Pointer blocks of a file with a map of `length` file blocks. */
export function pointersFor(length: number): number {
  return length > DIRECT_BLOCKS ? Math.ceil(length / (1 << POINTER_SPAN_SHIFT)) : 0;
}

/** @param pointer number of the pointer block, from 1 */
export function pointerAt(pointer: number): number {
  return POINTERS + ((pointer - 1) % POINTERS_MAX) * POINTER_BLOCKS;
}

export function subBlockAt(subBlock: number): number {
  return SUB_BLOCKS + (subBlock % SUB_BLOCKS_MAX) * SUB_BLOCK_BLOCKS;
}

export function clusterLockAt(fileBlock: number): number {
  return CLUSTERS + Math.floor(fileBlock / CLUSTER_FILE_BLOCKS) * 2;
}

/**
 * File blocks the file system keeps for itself: 765 MiB of system files and 1 KB for each resource
 * cluster. A fresh VMFS5 volume shows 0.76 GB (stack-upper reference, section 4).
 */
export function metadataFileBlocks(fileBlocks: number): number {
  return Math.ceil((clusterLockAt(fileBlocks) + 2) / MIB);
}
