import { getU32, putU32 } from './bytes.js';
import type { Generation } from './generation.js';

/**
 * Block addresses. On disk 32 or 64 bits wide with fields in different places (VMFS on-disk
 * reference, section 9); here one number of 51 bits, so that tables of them can be walked without
 * allocating: `unit * 4096 + zero mask * 16 + copy-on-write * 8 + kind`. The unit of a file block is
 * its number on the volume, that of every other kind `cluster * 1024 + item`.
 */
export type Address = number;

export const HOLE: Address = 0;
export const FILE_BLOCK = 1;
export const SUB_BLOCK = 2;
export const POINTER_BLOCK = 3;
export const DESCRIPTOR = 4;
export const SECONDARY_POINTER_BLOCK = 5;
export const JOURNAL_BLOCK = 6;
export const LARGE_BLOCK = 7;

/** Parts of a file block that are still to be zeroed, one bit each; VMFS 3 and 5 know all or none. */
export const ALL_ZERO = 0xff;

const SPREAD = 4096;
const ITEMS = 1024;
/** Small file blocks in a cluster of VMFS 6, which is also those of a large one. */
export const SMALL_PER_LARGE = 512;

export function makeAddress(kind: number, unit: number, zeroMask = 0): Address {
  return unit * SPREAD + zeroMask * 16 + kind;
}

export function clusterUnit(cluster: number, item: number): number {
  return cluster * ITEMS + item;
}

/** True for kinds whose unit is a number on the volume, not cluster and item. */
export function isLinear(kind: number): boolean {
  return kind === FILE_BLOCK || kind === LARGE_BLOCK;
}

export function kindOf(address: Address): number {
  return address % 8;
}

export function unitOf(address: Address): number {
  return Math.floor(address / SPREAD);
}

export function clusterOf(address: Address): number {
  return Math.floor(address / (SPREAD * ITEMS));
}

export function itemOf(address: Address): number {
  return unitOf(address) % ITEMS;
}

/** Non-zero when some of the block reads as zeros whatever is stored. */
export function zeroMaskOf(address: Address): number {
  return Math.floor(address / 16) % 256;
}

export function isCopyOnWrite(address: Address): boolean {
  return Math.floor(address / 8) % 2 === 1;
}

/** The address of the same block with nothing left to zero. */
export function withoutZeroMask(address: Address): Address {
  return address - zeroMaskOf(address) * 16;
}

/** Descriptor addresses are 32 bits wide on every generation. */
export function decodeDescriptorAddress(word: number): Address {
  if ((word & 7) !== DESCRIPTOR) return HOLE;
  return makeAddress(DESCRIPTOR, clusterUnit((word >>> 6) & 0xffff, word >>> 22));
}

export function encodeDescriptorAddress(address: Address): number {
  return ((itemOf(address) << 22) | (clusterOf(address) << 6) | DESCRIPTOR) >>> 0;
}

/** The address in a pointer table; kinds that do not exist come back as they are, kind 0 as a hole. */
export function getAddress(generation: Generation, bytes: Uint8Array, at: number): Address {
  if (generation.pointerBytes === 4) return decode32(getU32(bytes, at));
  return decode64(getU32(bytes, at), getU32(bytes, at + 4));
}

/** True where no address is at all: nothing but zeros. */
export function isBlank({ pointerBytes }: Generation, bytes: Uint8Array, at: number): boolean {
  return getU32(bytes, at) === 0 && (pointerBytes === 4 || getU32(bytes, at + 4) === 0);
}

export function putAddress(
  generation: Generation,
  bytes: Uint8Array,
  at: number,
  address: Address,
): void {
  if (generation.pointerBytes === 4) putU32(bytes, at, encode32(address));
  else {
    putU32(bytes, at, low64(address));
    putU32(bytes, at + 4, high64(address));
  }
}

export function decode32(word: number): Address {
  const kind = word & 7;
  switch (kind) {
    case FILE_BLOCK:
      return (
        makeAddress(kind, word >>> 6, (word & 0x20) === 0 ? 0 : ALL_ZERO) + ((word & 0x10) >> 1)
      );
    case SUB_BLOCK: {
      const item = (word >>> 28) | ((word & 0x18) << 1);
      return makeAddress(kind, clusterUnit((word >>> 6) & 0x3fffff, item)) + ((word & 0x20) >> 2);
    }
    case POINTER_BLOCK:
    case SECONDARY_POINTER_BLOCK:
      return (
        makeAddress(kind, clusterUnit((word >>> 6) & 0x3fffff, word >>> 28)) + ((word & 0x20) >> 2)
      );
    case DESCRIPTOR:
      return decodeDescriptorAddress(word);
    case JOURNAL_BLOCK:
      return makeAddress(kind, clusterUnit((word >>> 3) & 0x1fff, word >>> 26));
    default:
      return kind;
  }
}

export function encode32(address: Address): number {
  const kind = kindOf(address);
  const cow = isCopyOnWrite(address);
  switch (kind) {
    case FILE_BLOCK: {
      const flags = (zeroMaskOf(address) === 0 ? 0 : 0x20) | (cow ? 0x10 : 0);
      return ((unitOf(address) << 6) | flags | kind) >>> 0;
    }
    case SUB_BLOCK: {
      const item = itemOf(address);
      const high = ((item >>> 4) << 3) | (cow ? 0x20 : 0);
      return (((item & 15) << 28) | (clusterOf(address) << 6) | high | kind) >>> 0;
    }
    case POINTER_BLOCK:
    case SECONDARY_POINTER_BLOCK: {
      const flag = cow ? 0x20 : 0;
      return ((itemOf(address) << 28) | (clusterOf(address) << 6) | flag | kind) >>> 0;
    }
    case DESCRIPTOR:
      return encodeDescriptorAddress(address);
    case JOURNAL_BLOCK:
      return ((itemOf(address) << 26) | (clusterOf(address) << 3) | kind) >>> 0;
    default:
      return kind;
  }
}

export function decode64(low: number, high: number): Address {
  const kind = low & 7;
  const cow = (low & 0x20) >> 2;
  switch (kind) {
    case FILE_BLOCK: {
      const cluster = ((high & 0x3fff) << 17) | (low >>> 15);
      return makeAddress(kind, cluster * SMALL_PER_LARGE + (high >>> 19), (low >>> 7) & 255) + cow;
    }
    case LARGE_BLOCK:
      return makeAddress(kind, ((high & 0x3fff) << 17) | (low >>> 15), (low >>> 7) & 255) + cow;
    case SUB_BLOCK:
    case POINTER_BLOCK:
    case SECONDARY_POINTER_BLOCK: {
      // Ten bits more than any volume has clusters; bits above 29 are kept as one too large.
      const cluster = (high & 0x3ff) * 0x4000000 + (low >>> 6);
      return makeAddress(kind, clusterUnit(Math.min(cluster, 0x1fffffff), high >>> 24)) + cow;
    }
    case JOURNAL_BLOCK:
    case DESCRIPTOR:
      return decode32(low);
    default:
      return kind;
  }
}

function low64(address: Address): number {
  const kind = kindOf(address);
  const cow = isCopyOnWrite(address) ? 0x20 : 0;
  switch (kind) {
    case FILE_BLOCK:
    case LARGE_BLOCK: {
      const unit = unitOf(address);
      const cluster = kind === LARGE_BLOCK ? unit : Math.floor(unit / SMALL_PER_LARGE);
      return ((cluster << 15) | (zeroMaskOf(address) << 7) | cow | kind) >>> 0;
    }
    case SUB_BLOCK:
    case POINTER_BLOCK:
    case SECONDARY_POINTER_BLOCK:
      return ((clusterOf(address) << 6) | cow | kind) >>> 0;
    default:
      return encode32(address);
  }
}

function high64(address: Address): number {
  const kind = kindOf(address);
  switch (kind) {
    case FILE_BLOCK: {
      const unit = unitOf(address);
      const cluster = Math.floor(unit / SMALL_PER_LARGE);
      return (((unit % SMALL_PER_LARGE) << 19) | (cluster >>> 17)) >>> 0;
    }
    case LARGE_BLOCK:
      return unitOf(address) >>> 17;
    case SUB_BLOCK:
    case POINTER_BLOCK:
    case SECONDARY_POINTER_BLOCK:
      return ((itemOf(address) << 24) | (clusterOf(address) >>> 26)) >>> 0;
    default:
      return 0;
  }
}

/** For messages: `file block 17`, `sub-block 0/3`. */
export function showAddress(address: Address): string {
  const name = KIND_NAMES[kindOf(address)];
  return isLinear(kindOf(address))
    ? `${name} ${unitOf(address)}`
    : `${name} ${clusterOf(address)}/${itemOf(address)}`;
}

export const KIND_NAMES = [
  'hole',
  'file block',
  'sub-block',
  'pointer block',
  'file descriptor',
  'secondary pointer block',
  'journal block',
  'large file block',
] as const;
