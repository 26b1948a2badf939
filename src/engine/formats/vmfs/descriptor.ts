import { FormatError } from '../../core/errors.js';
import {
  type Address,
  decodeDescriptorAddress,
  encodeDescriptorAddress,
  getAddress,
  putAddress,
} from './address.js';
import type { AffinityKey } from './affinity.js';
import { getU32, getU64, putU32, putU64 } from './bytes.js';
import type { Generation } from './generation.js';
import { encodeFreshLock, LOCK_DESCRIPTOR } from './lock.js';

/** Kinds of files (reference, section 10). */
export const DIRECTORY = 2;
export const REGULAR = 3;
export const SYMLINK = 4;
export const SYSTEM = 5;
export const RDM = 6;

/** How a file's bytes are found: the zero-level address type, ZLA (reference, section 11). */
export const DIRECT = 1;
export const SUB_BLOCKS = 2;
export const POINTERS = 3;
export const SECONDARY_POINTERS = 5;
export const DOUBLE_POINTERS = 0x10d0;
export const RESIDENT = 0x10d1;

/** "fdmd" read as a number. */
const SIGNATURE = 0x66646d64;

/** 64 TiB: no file of any generation is longer. */
export const FILE_BYTES_MAX = 0x400000000000;

/**
 * A file descriptor: the block of 2,048 bytes (8,192 on VMFS 6) that is the file. A view of its bytes,
 * so that fields this code does not know stay as they are.
 */
export class Descriptor {
  /** @param bytes the whole descriptor, lock block included */
  constructor(
    readonly generation: Generation,
    readonly bytes: Uint8Array,
    /** Byte address on the volume. */
    readonly at: number,
  ) {}

  static fresh(generation: Generation, at: number, address: Address): Descriptor {
    const bytes = new Uint8Array(generation.descriptorBytes);
    encodeFreshLock(bytes, LOCK_DESCRIPTOR, at);
    const fresh = new Descriptor(generation, bytes, at);
    fresh.put(0x00, encodeDescriptorAddress(address));
    if (generation.product === 6) {
      fresh.put(0x64, SIGNATURE);
      fresh.put(0x68, encodeDescriptorAddress(address));
      fresh.put(0x6c, 20);
    }
    return fresh;
  }

  private get(field: number): number {
    return getU32(this.bytes, this.generation.fieldsAt + field);
  }

  private put(field: number, value: number): void {
    putU32(this.bytes, this.generation.fieldsAt + field, value);
  }

  private getLong(field: number): number {
    return getU64(this.bytes, this.generation.fieldsAt + field);
  }

  private putLong(field: number, value: number): void {
    putU64(this.bytes, this.generation.fieldsAt + field, value);
  }

  get address(): Address {
    return decodeDescriptorAddress(this.get(0x00));
  }

  /** Copied into directory records: tells a reused descriptor from the file a record meant. */
  get incarnation(): number {
    return this.get(0x04);
  }

  set incarnation(value: number) {
    this.put(0x04, value);
  }

  get links(): number {
    return this.get(0x08);
  }

  set links(value: number) {
    this.put(0x08, value);
  }

  get type(): number {
    return this.get(0x0c);
  }

  set type(value: number) {
    this.put(0x0c, value);
  }

  get length(): number {
    return this.getLong(0x14);
  }

  set length(value: number) {
    this.putLong(0x14, value);
  }

  get blockBytes(): number {
    return this.getLong(0x1c);
  }

  set blockBytes(value: number) {
    this.putLong(0x1c, value);
    let shift = 0;
    while (2 * (1 << shift) <= value) shift++;
    this.bytes[this.generation.fieldsAt + 0x89] = shift;
  }

  /** Blocks that are allocated, of the kind the ZLA says. */
  get blocks(): number {
    return this.getLong(0x24);
  }

  set blocks(value: number) {
    this.putLong(0x24, value);
  }

  get modifiedAt(): number {
    return this.get(0x2c);
  }

  /** Sets the times a change leaves behind, Unix seconds. */
  touch(seconds: number): void {
    this.put(0x2c, seconds);
    this.put(0x30, seconds);
  }

  /** Sets all three times. */
  born(seconds: number): void {
    this.touch(seconds);
    this.put(0x34, seconds);
  }

  get uid(): number {
    return this.get(0x38);
  }

  get gid(): number {
    return this.get(0x3c);
  }

  get mode(): number {
    return this.get(0x40);
  }

  set mode(value: number) {
    this.put(0x40, value);
  }

  get zla(): number {
    return this.get(0x44);
  }

  set zla(value: number) {
    this.put(0x44, value);
  }

  /** Blocks that are allocated but still to be zeroed. */
  get toBeZeroed(): number {
    return this.get(0x48);
  }

  set toBeZeroed(value: number) {
    this.put(0x48, value);
  }

  /** Pointer blocks of the map; VMFS 3 does not count them. */
  get pointerBlocks(): number {
    return this.get(0x5c);
  }

  set pointerBlocks(value: number) {
    this.put(0x5c, value);
  }

  /** Has what tells it from other data; always so on VMFS 3 and 5, where nothing does. */
  get signed(): boolean {
    return this.generation.product !== 6 || this.get(0x64) === SIGNATURE;
  }

  /** VMFS 6: logarithm of `blockBytes`, which some readers go by. */
  get blockShift(): number {
    return this.bytes[this.generation.fieldsAt + 0x89];
  }

  /** VMFS 6: large file blocks; a file that has some is marked. */
  get largeBlocks(): number {
    return this.get(0x8c);
  }

  set largeBlocks(value: number) {
    this.put(0x8c, value);
    this.put(0x10, (this.get(0x10) & ~1) | (value > 0 ? 1 : 0));
  }

  /** VMFS 6: the directory it was made in or moved to last, as its address stands on disk. */
  get parent(): AffinityKey {
    return this.generation.product === 6 ? this.get(0x70) : 0;
  }

  set parent(address: Address) {
    this.put(0x70, encodeDescriptorAddress(address));
  }

  /** VMFS 6: what its blocks are near to (affinity.ts); 0 on other generations. */
  get affinity(): AffinityKey {
    return this.generation.product === 6 ? this.get(0x68) : 0;
  }

  set affinity(key: AffinityKey) {
    this.put(0x68, key);
  }

  get isDirectory(): boolean {
    // The hidden directory `.sdd.sf` is a system file by type and a directory by its mode.
    return this.type === DIRECTORY || (this.type === SYSTEM && (this.mode & 0o170000) === 0o040000);
  }

  pointer(index: number): Address {
    const { generation } = this;
    return getAddress(
      generation,
      this.bytes,
      generation.pointersAt + index * generation.pointerBytes,
    );
  }

  setPointer(index: number, address: Address): void {
    const { generation } = this;
    const at = generation.pointersAt + index * generation.pointerBytes;
    putAddress(generation, this.bytes, at, address);
  }

  clearPointers(): void {
    const { generation } = this;
    this.bytes.fill(0, Math.min(generation.pointersAt, generation.residentAt || Infinity));
  }

  /** The bytes of a file kept inside its descriptor: a view. */
  get resident(): Uint8Array {
    const { residentAt, residentBytes } = this.generation;
    return this.bytes.subarray(residentAt, residentAt + residentBytes);
  }

  copy(): Descriptor {
    return new Descriptor(this.generation, this.bytes.slice(), this.at);
  }
}

/**
 * What must hold before a descriptor's map is walked: a known way of addressing, blocks of a size
 * there is, a length a file can have.
 * @throws FormatError
 */
export function requireSane(file: Descriptor): void {
  const { zla, blockBytes, length } = file;
  const known = [DIRECT, SUB_BLOCKS, POINTERS, SECONDARY_POINTERS, DOUBLE_POINTERS, RESIDENT];
  if (!known.includes(zla)) {
    throw new FormatError(`unknown way of addressing blocks (ZLA ${zla})`);
  }
  if (length > FILE_BYTES_MAX) throw new FormatError(`a length of ${length} bytes`);
  const shift = [13, 14, 15, 16, 20, 21, 22, 23].some((bits) => blockBytes === 1 << bits);
  if (zla !== RESIDENT && !shift) throw new FormatError(`blocks of ${blockBytes} bytes`);
}
