import { decodeDescriptorAddress, encodeDescriptorAddress } from './address.js';
import { getName, getU16, getU32, putName, putU16, putU32, putU64 } from './bytes.js';
import type { Entry, NewEntry } from './directory.js';

/**
 * Records of VMFS 6 directories (reference, section 13; the hash in a record and the meaning of the
 * fields around it read off the sample volume).
 */

/** The directory's header, before its blocks. */
export const HEADER_BYTES = 0x10000;
export const BLOCK_BYTES = 4096;
export const VERSION = 0x00f50001;
/** Of development builds. */
export const VERSION_DEBUG = 0x00fdc001;
export const ENTRIES_AT = 0x004;
/** The same number again on the sample volume, though the reference calls it allocated blocks. */
export const ENTRIES_AGAIN_AT = 0x008;
export const MAPS_AT = 0x00c;
export const MAP_LIST_AT = 0x010;
export const MAPS_MAX = 128;
export const SELF_AT = 0x3b8;
export const PARENT_AT = 0x4d8;
export const TABLE_AT = 0x5f8;

export const RECORD_BYTES = 288;
export const RECORD_HASH_AT = 0x0c;
export const RECORD_OFFSET_AT = 0x10;
const NAME_FIELD_AT = 0x18;
const NAME_FIELD_BYTES = 256;
/** What stands before the slots of a block: version, kind, counts, bitmap. */
export const BLOCK_HEADER_BYTES = 64;
export const RECORDS_PER_BLOCK = 14;
export const GROUPS_PER_BLOCK = 48;

export const RECORD_BLOCK = 1;
export const LINK_BLOCK = 2;
export const MAP_BLOCK = 3;
/** Blocks one allocation map tells of: a nibble each. */
export const BLOCKS_PER_MAP = (BLOCK_BYTES - BLOCK_HEADER_BYTES) * 2;
/** Bits of a nibble besides the kind of block. */
export const HAS_FREE = 4;
export const NOT_WRITTEN = 8;

export function blockOffset(block: number): number {
  return HEADER_BYTES + block * BLOCK_BYTES;
}

/** Where something is: 1 a record, 2 a group of links, 0 nothing. */
export interface Location {
  readonly kind: number;
  readonly block: number;
  readonly slot: number;
}

export const NOWHERE: Location = { kind: 0, block: 0, slot: 0 };

export function getLocation(bytes: Uint8Array, at: number): Location {
  const word = getU32(bytes, at);
  return { kind: word & 3, block: (word >>> 2) & 0x3fffff, slot: word >>> 24 };
}

export function putLocation(bytes: Uint8Array, at: number, location: Location): void {
  const word = (location.slot << 24) | (location.block << 2) | location.kind;
  putU32(bytes, at, word >>> 0);
}

export function sameLocation(one: Location, other: Location): boolean {
  return one.kind === other.kind && one.block === other.block && one.slot === other.slot;
}

export function recordOffset(location: Location): number {
  return blockOffset(location.block) + BLOCK_HEADER_BYTES + location.slot * RECORD_BYTES;
}

export function decodeRecord(bytes: Uint8Array, offset: number): Entry {
  return {
    name: getName(bytes, NAME_FIELD_AT, NAME_FIELD_BYTES),
    type: getU32(bytes, 0),
    address: decodeDescriptorAddress(getU32(bytes, 4)),
    incarnation: getU32(bytes, 8),
    offset,
  };
}

/** @param hash low 32 bits of the name's hash; zero for names with a slot of their own */
export function encodeRecord(entry: NewEntry, offset: number, hash: number): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES);
  putU32(bytes, 0, entry.type);
  putU32(bytes, 4, encodeDescriptorAddress(entry.address));
  putU32(bytes, 8, entry.incarnation);
  putU32(bytes, 0x0c, hash);
  putU64(bytes, 0x10, offset);
  putName(bytes, NAME_FIELD_AT, NAME_FIELD_BYTES, entry.name);
  return bytes;
}

/** Head of a block of records or of links: what slots it has, and which are free. */
export class BlockHead {
  constructor(readonly bytes: Uint8Array) {}

  static fresh(kind: number, slots: number): BlockHead {
    const head = new BlockHead(new Uint8Array(BLOCK_HEADER_BYTES));
    putU16(head.bytes, 0, 1);
    putU16(head.bytes, 2, kind);
    putU16(head.bytes, 4, slots);
    putU16(head.bytes, 6, slots);
    for (let slot = 0; slot < slots; slot++) head.bytes[8 + (slot >> 3)] |= 1 << (slot & 7);
    return head;
  }

  get kind(): number {
    return getU16(this.bytes, 2);
  }

  get free(): number {
    return getU16(this.bytes, 6);
  }

  isFree(slot: number): boolean {
    return ((this.bytes[8 + (slot >> 3)] >> (slot & 7)) & 1) === 1;
  }

  /** Slots, as the head counts them. */
  get total(): number {
    return getU16(this.bytes, 4);
  }

  /** Slots up to what the head says, never more than `most`. */
  slots(most: number): number {
    return Math.min(this.total, most);
  }

  firstFree(most: number): number | undefined {
    const slots = this.slots(most);
    for (let slot = 0; slot < slots; slot++) if (this.isFree(slot)) return slot;
    return undefined;
  }

  mark(slot: number, free: boolean): void {
    if (this.isFree(slot) === free) return;
    this.bytes[8 + (slot >> 3)] ^= 1 << (slot & 7);
    putU16(this.bytes, 6, this.free + (free ? 1 : -1));
  }
}
