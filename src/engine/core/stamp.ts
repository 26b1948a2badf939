import { assert } from './assert.js';

/**
 * A stamp says who wrote a block of 4 KiB: which guest, which of its blocks, which of its writes. All
 * in one number below 2^53, so that a stamp found anywhere tells where it belongs.
 */
export const STAMP_GUESTS = 1 << 8;
/** Blocks one guest may verify: 1 GiB of them. */
export const STAMP_BLOCKS = 1 << 18;
/** Writes one guest may make. */
const WRITES = 1 << 27;

export interface Stamp {
  readonly guest: number;
  readonly block: number;
  /** From 1. */
  readonly write: number;
}

export function stampOf(guest: number, block: number, write: number): number {
  if (write >= WRITES) assert(false, `guest ${guest} has made more writes than stamps can tell`);
  return (write * STAMP_GUESTS + guest) * STAMP_BLOCKS + block;
}

/** The write a stamp stands for if this guest made it to this block; -1 if not. Zeros are write 0. */
export function writeOf(stamp: number, guest: number, block: number): number {
  if (stamp === 0) return 0;
  const found = readStamp(stamp);
  return found?.guest === guest && found.block === block ? found.write : -1;
}

/** Undefined for zeros, and for what no verifying guest ever wrote. */
export function readStamp(stamp: number): Stamp | undefined {
  if (stamp <= 0) return undefined;
  const rest = Math.floor(stamp / STAMP_BLOCKS);
  const write = Math.floor(rest / STAMP_GUESTS);
  return {
    guest: rest - write * STAMP_GUESTS,
    block: stamp - rest * STAMP_BLOCKS,
    write,
  };
}
