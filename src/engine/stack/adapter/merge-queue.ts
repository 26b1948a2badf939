import type { Discipline } from '../../core/discipline.js';
import { BLOCK_BYTES, type Io, movesData, NO_IO } from '../../core/io.js';
import type { Requests } from '../../core/requests.js';

/** Commands one merged command may hold: scatter/gather entries (from memory, Linux block layer). */
export const MERGE_SEGMENTS = 128;
/** Length of a merged command: 1,024 sectors, as in the vmklinux era (from memory). */
export const MERGE_BLOCKS = (512 * 1024) / BLOCK_BYTES;
/** Waiting commands looked at, newest first (model): sequential streams meet near the tail. */
const SEARCH = 32;

/**
 * First come, first served, and contiguous commands of one direction join while they wait: the
 * newcomer rides on a leader already waiting (back or front merge), which then covers both. The
 * leader's own address and length are kept and put back when the command returns.
 */
export class MergeQueue implements Discipline {
  private rows = new Int32Array(32);
  private head = 0;
  private count = 0;

  /** Next rider of the same leader, or NO_IO. */
  readonly rider: Int32Array;
  private readonly segments: Uint8Array;
  private readonly ownLba: Float64Array;
  private readonly ownBlocks: Int32Array;

  /** @param maxBlocks most that a merged command may span */
  constructor(
    private readonly requests: Requests,
    private readonly maxBlocks: number,
  ) {
    this.rider = requests.column('adapter.rider', Int32Array);
    this.segments = requests.column('adapter.segments', Uint8Array);
    this.ownLba = requests.column('adapter.ownLba', Float64Array);
    this.ownBlocks = requests.column('adapter.ownBlocks', Int32Array);
  }

  push(io: Io): void {
    if (this.count === this.rows.length) this.grow();
    this.rider[io] = NO_IO;
    this.segments[io] = 1;
    this.ownLba[io] = this.requests.lba[io];
    this.ownBlocks[io] = this.requests.blocks[io];
    this.rows[(this.head + this.count++) & (this.rows.length - 1)] = io;
  }

  pop(): Io {
    if (this.count === 0) return NO_IO;
    const io = this.rows[this.head];
    this.head = (this.head + 1) & (this.rows.length - 1);
    this.count--;
    return io;
  }

  remove(io: Io): boolean {
    const mask = this.rows.length - 1;
    for (let index = 0; index < this.count; index++) {
      if (this.rows[(this.head + index) & mask] !== io) continue;
      // A leader with riders stays: what rides on it must not be taken along.
      if (this.rider[io] !== NO_IO) return false;
      for (let after = index + 1; after < this.count; after++) {
        this.rows[(this.head + after - 1) & mask] = this.rows[(this.head + after) & mask];
      }
      this.count--;
      return true;
    }
    return false;
  }

  /** Lets the row ride on a waiting one, if one is contiguous; false: it waits by itself. */
  join(io: Io): boolean {
    if (!movesData(this.requests.op[io])) return false;
    const mask = this.rows.length - 1;
    const last = this.head + this.count - 1;
    const first = this.count > SEARCH ? last - SEARCH + 1 : this.head;
    for (let index = last; index >= first; index--) {
      if (this.joinTo(this.rows[index & mask], io)) return true;
    }
    return false;
  }

  /** Puts the leader's own address and length back. */
  restore(leader: Io): void {
    this.requests.lba[leader] = this.ownLba[leader];
    this.requests.blocks[leader] = this.ownBlocks[leader];
  }

  private joinTo(leader: Io, io: Io): boolean {
    const { op, lba, blocks, nexus, lun } = this.requests;
    if (op[leader] !== op[io] || lun[leader] !== lun[io] || nexus[leader] !== nexus[io]) {
      return false;
    }
    if (this.segments[leader] >= MERGE_SEGMENTS) return false;
    if (blocks[leader] + blocks[io] > this.maxBlocks) return false;
    const back = lba[leader] + blocks[leader] === lba[io];
    if (!back && lba[io] + blocks[io] !== lba[leader]) return false;
    if (!back) lba[leader] = lba[io];
    blocks[leader] += blocks[io];
    this.segments[leader]++;
    this.rider[io] = this.rider[leader];
    this.rider[leader] = io;
    return true;
  }

  private grow(): void {
    const old = this.rows;
    const rows = new Int32Array(old.length * 2);
    for (let index = 0; index < this.count; index++) {
      rows[index] = old[(this.head + index) & (old.length - 1)];
    }
    this.rows = rows;
    this.head = 0;
  }
}
