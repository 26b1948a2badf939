import type { AllocationPolicy } from '../../files.js';
import { StoredFile } from '../file.js';
import type { FileLocks } from './locks.js';

/**
 * An entry of a file's block map, by file block:
 * - 0 and up: ready, in this file block of the volume;
 * - HOLE: nothing allocated;
 * - HOLE - 1 and down: allocated but still to be zeroed, see `toBeZeroed`;
 * - BUSY and down: being made ready for its first write, see `busy`.
 */
export const HOLE = -1;
const BUSY = -0x10000000;

/** Entry of a file block to be zeroed from its place in the volume, and back. */
export function toBeZeroed(entryOrBlock: number): number {
  return -2 - entryOrBlock;
}

/** Entry of a file block that job number `job` is working on, and back. */
export function busy(entryOrJob: number): number {
  return BUSY - entryOrJob;
}

export function isBusy(entry: number): boolean {
  return entry <= BUSY;
}

/** Entries held together: 256 KB. */
const CHUNK = 1 << 16;

/** Part of an array that block maps share. */
export interface BlockMap {
  readonly entries: Int32Array;
  readonly first: number;
  readonly length: number;
}

/** Block maps of a volume's files one after the other: one array is quicker to look at than many. */
export class BlockMaps {
  private entries = new Int32Array(0);
  private used = 0;

  /** A map of `length` holes. */
  take(length: number): BlockMap {
    if (this.used + length > this.entries.length) {
      this.entries = new Int32Array(Math.max(CHUNK, length)).fill(HOLE);
      this.used = 0;
    }
    const { entries, used: first } = this;
    this.used += length;
    return { entries, first, length };
  }
}

/** A file on a VMFS volume. */
export class VmfsFile extends StoredFile {
  /** Blocks in the map. */
  mapLength: number;
  /** What holds the map, and where it begins there; for what looks at it with every I/O. */
  entries: Int32Array;
  firstEntry: number;
  /** Block map; empty for a file that fits its descriptor or a sub-block. */
  map: Int32Array;
  /** Whose lock it is. */
  holder: FileLocks | undefined;

  constructor(
    index: number,
    path: string,
    sizeBlocks: number,
    policy: AllocationPolicy,
    { entries, first, length }: BlockMap,
    readonly descriptor: number,
    /** Number of its first pointer block, 0 when it needs none. */
    public firstPointer: number,
    public pointers: number,
    /** Volume address of the data of a file without a block map. */
    readonly residentAt: number,
    readonly usesSubBlock: boolean,
    /** A pointer block maps 2 to this power of its blocks. */
    readonly spanShift: number,
  ) {
    super(index, path, sizeBlocks, policy);
    this.mapLength = length;
    this.entries = entries;
    this.firstEntry = first;
    this.map = entries.subarray(first, first + length);
  }

  /** A longer map takes the place of the one there is; what it has more are holes. */
  lengthen({ entries, first, length }: BlockMap, sizeBlocks: number): void {
    for (let index = 0; index < this.mapLength; index++) entries[first + index] = this.map[index];
    this.mapLength = length;
    this.entries = entries;
    this.firstEntry = first;
    this.map = entries.subarray(first, first + length);
    this.sizeBlocks = sizeBlocks;
  }
}
