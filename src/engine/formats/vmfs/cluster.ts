import { SMALL_PER_LARGE } from './address.js';
import { getU16, getU32, putU16, putU32, putU64 } from './bytes.js';
import type { Generation } from './generation.js';
import { encodeFreshLock } from './lock.js';

/**
 * Header of a cluster: lock block, then counts and the bitmap of its resources, 1 for free
 * (reference, sections 8.2 and 8.3; the fields of VMFS 6 read off the sample volume).
 */
export class Cluster {
  constructor(
    readonly generation: Generation,
    /** Lock block and bitmap block. */
    readonly bytes: Uint8Array,
    /** Bits of a resource: 1, and 2 or 3 for the file blocks of VMFS 6. */
    private readonly bits = 1,
  ) {}

  static fresh(
    generation: Generation,
    type: number,
    at: number,
    number: number,
    total: number,
    bits = 1,
  ): Cluster {
    const bytes = new Uint8Array(2 * generation.unitBytes);
    encodeFreshLock(bytes, type, at);
    const cluster = new Cluster(generation, bytes, bits);
    const unit = generation.unitBytes;
    if (generation.product === 6) {
      putU32(bytes, unit + 0x10, SIGNATURE);
      putU64(bytes, unit + 0x18, number);
      putU16(bytes, unit + 0x20, total);
      putU32(bytes, unit + 0x30, 1);
    } else {
      putU32(bytes, unit, number);
      putU32(bytes, unit + 0x04, total);
    }
    // Whole bytes of free resources at once, where they do not straddle bytes.
    const perByte = bits === 3 ? total + 1 : 8 / bits;
    const whole = Math.floor(total / perByte);
    bytes.fill(bits === 1 ? 0xff : 0x55, generation.bitmapAt, generation.bitmapAt + whole);
    for (let item = whole * perByte; item < total; item++) cluster.setState(item, FREE);
    cluster.count(total);
    return cluster;
  }

  get type(): number {
    return getU32(this.bytes, 0);
  }

  get number(): number {
    const unit = this.generation.unitBytes;
    return getU32(this.bytes, this.generation.product === 6 ? unit + 0x18 : unit);
  }

  get total(): number {
    const unit = this.generation.unitBytes;
    return this.generation.product === 6
      ? getU16(this.bytes, unit + 0x20)
      : getU32(this.bytes, unit + 0x04);
  }

  set total(total: number) {
    const unit = this.generation.unitBytes;
    if (this.generation.product === 6) putU16(this.bytes, unit + 0x20, total);
    else putU32(this.bytes, unit + 0x04, total);
  }

  get free(): number {
    const unit = this.generation.unitBytes;
    return this.generation.product === 6
      ? getU16(this.bytes, unit + 0x22)
      : getU32(this.bytes, unit + 0x08);
  }

  /** True where the header carries what tells it from other data: VMFS 6 signs it. */
  get signed(): boolean {
    return (
      this.generation.product !== 6 ||
      getU32(this.bytes, this.generation.unitBytes + 0x10) === SIGNATURE
    );
  }

  isFree(item: number): boolean {
    return (this.state(item) & FREE) !== 0;
  }

  /**
   * Bits: 1 free, 4 for a large block that serves as small ones (the sample volume); the 2 belongs to blocks
   * to be unmapped (dissect.vmfs knows a bitmap of them by a flag that the sample's file blocks have).
   */
  state(item: number): number {
    let state = 0;
    for (let bit = 0; bit < this.bits; bit++) {
      const at = item * this.bits + bit;
      state |= ((this.bytes[this.generation.bitmapAt + (at >> 3)] >> (at & 7)) & 1) << bit;
    }
    return state;
  }

  setState(item: number, state: number): void {
    for (let bit = 0; bit < this.bits; bit++) {
      const at = item * this.bits + bit;
      const mask = 1 << (at & 7);
      const index = this.generation.bitmapAt + (at >> 3);
      if ((state >> bit) & 1) this.bytes[index] |= mask;
      else this.bytes[index] &= ~mask;
    }
  }

  /** Sets the number of free resources and the hint where the next one is. */
  count(free: number): void {
    const unit = this.generation.unitBytes;
    let next = 0;
    const { total } = this;
    if (free > 0) while (next < total && !this.isFree(next)) next++;
    if (this.generation.product === 6) {
      putU16(this.bytes, unit + 0x22, free);
      putU32(this.bytes, unit + 0x7c, next);
    } else {
      putU32(this.bytes, unit + 0x08, free);
      putU32(this.bytes, unit + 0x0c, next);
    }
  }
}

export const IN_USE = 0;
export const FREE = 1;
export const SPLIT = 4;
const SIGNATURE = 0x72636d64;

/**
 * Does a large block serve as small ones from the beginning: those with metadata, and one that the volume
 * ends in (the sample volume).
 * @param used file blocks that are in use from block 0 on
 */
export function isCutUp(large: number, used: number, total: number): boolean {
  return large * SMALL_PER_LARGE < used || (large + 1) * SMALL_PER_LARGE > total;
}
