import { BLOCK_BYTES, type Io, movesData, NO_IO } from '../../core/io.js';
import type { Requests } from '../../core/requests.js';
import type { AdapterPlan, MergePlan } from '../../plan/plan.js';
import { AddressTable } from './address-table.js';
import type { Order } from './orders/define.js';

/** Longest piece of memory one scatter/gather entry names: 64 KB (from memory, Linux). */
const SEGMENT_BLOCKS = (64 * 1024) / BLOCK_BYTES;
/** More segments than this count as this many: such a command merges with nothing. */
const SEGMENTS_MAX = 255;

/**
 * Most that a merged command may be, by family (stack-lower reference, 2.2, from memory): 1,280 KB
 * today, 1,024 sectors in the vmklinux era; 128 scatter/gather entries.
 */
export const MERGE_LIMITS: Readonly<Record<AdapterPlan['family'], MergePlan>> = {
  native: { maxBytes: 1280 * 1024, maxSegments: 128 },
  vmklinux: { maxBytes: 512 * 1024, maxSegments: 128 },
};

/**
 * Joins contiguous commands of one device, direction and path while they wait. The newcomer rides on
 * a leader, which then covers both; the leader's own address and length are kept and put back when
 * the command returns. Works the same under every order.
 */
export class Merger {
  /** Next rider of the same leader, or NO_IO. */
  readonly rider: Int32Array;
  private readonly byStart: AddressTable;
  private readonly byEnd: AddressTable;
  private readonly segments: Uint8Array;
  private readonly listed: Uint8Array;
  private readonly ownLba: Float64Array;
  private readonly ownBlocks: Int32Array;
  private readonly maxBlocks: number;
  private readonly maxSegments: number;

  constructor(
    private readonly requests: Requests,
    private readonly order: Order,
    limits: MergePlan,
  ) {
    this.maxBlocks = Math.floor(limits.maxBytes / BLOCK_BYTES);
    this.maxSegments = Math.min(limits.maxSegments, SEGMENTS_MAX - 1);
    this.byStart = new AddressTable(requests, 'adapter.byStart');
    this.byEnd = new AddressTable(requests, 'adapter.byEnd');
    this.rider = requests.column('adapter.rider', Int32Array);
    this.segments = requests.column('adapter.segments', Uint8Array);
    this.listed = requests.column('adapter.listed', Uint8Array);
    this.ownLba = requests.column('adapter.ownLba', Float64Array);
    this.ownBlocks = requests.column('adapter.ownBlocks', Int32Array);
  }

  /** A command starts to wait; `alone` ones merge with nothing. */
  add(io: Io, alone: boolean): void {
    const { lba, blocks } = this.requests;
    this.rider[io] = NO_IO;
    this.ownLba[io] = lba[io];
    this.ownBlocks[io] = blocks[io];
    this.listed[io] = 0;
    if (alone || !this.mayMerge(io)) return;
    this.segments[io] = this.segmentsOf(io);
    this.list(io);
  }

  /** A command no longer waits. */
  forget(io: Io): void {
    if (this.listed[io] === 0) return;
    this.listed[io] = 0;
    this.byStart.remove(io);
    this.byEnd.remove(io);
  }

  /** Lets the command ride on a waiting one that is contiguous; returns the leader, or NO_IO. */
  join(io: Io): Io {
    const { lba, blocks } = this.requests;
    if (!this.mayMerge(io)) return NO_IO;
    this.segments[io] = this.segmentsOf(io);
    let leader = this.mateOf(this.byEnd, lba[io], io);
    const inFront = leader === NO_IO && this.order.frontMerges;
    if (inFront) leader = this.mateOf(this.byStart, lba[io] + blocks[io], io);
    if (leader === NO_IO) return NO_IO;
    this.cover(leader, io, inFront);
    this.rider[io] = this.rider[leader];
    this.rider[leader] = io;
    return leader;
  }

  /** True when the command that has just joined stands in front. */
  joinedInFront(leader: Io, io: Io): boolean {
    return this.requests.lba[leader] === this.requests.lba[io];
  }

  /** A waiting command that has become contiguous with a leader that grew, or NO_IO. */
  neighbour(leader: Io, inFront: boolean): Io {
    const { lba, blocks } = this.requests;
    return inFront
      ? this.mateOf(this.byEnd, lba[leader], leader)
      : this.mateOf(this.byStart, lba[leader] + blocks[leader], leader);
  }

  /** `gone`, which waits no longer, rides on `leader`, and so do its riders. */
  absorb(leader: Io, gone: Io, inFront: boolean): void {
    this.cover(leader, gone, inFront);
    let last = gone;
    while (this.rider[last] !== NO_IO) last = this.rider[last];
    this.rider[last] = this.rider[leader];
    this.rider[leader] = gone;
    this.restore(gone);
  }

  /** Puts the leader's own address and length back. */
  restore(leader: Io): void {
    this.requests.lba[leader] = this.ownLba[leader];
    this.requests.blocks[leader] = this.ownBlocks[leader];
  }

  /** Address and length of the leader itself. */
  startOf(leader: Io): number {
    return this.ownLba[leader];
  }

  lengthOf(leader: Io): number {
    return this.ownBlocks[leader];
  }

  /** A waiting command with that address that `io` may merge with. */
  private mateOf(table: AddressTable, address: number, io: Io): Io {
    const { op, blocks, lun, nexus, data } = this.requests;
    for (let mate = table.next(address, NO_IO); mate !== NO_IO; mate = table.next(address, mate)) {
      if (mate === io || op[mate] !== op[io]) continue;
      if (lun[mate] !== lun[io] || nexus[mate] !== nexus[io]) continue;
      if (data[mate] !== data[io] && (data[mate] === 0 || data[io] === 0)) continue;
      if (blocks[mate] + blocks[io] > this.maxBlocks) continue;
      if (this.segments[mate] + this.segments[io] > this.maxSegments) continue;
      return mate;
    }
    return NO_IO;
  }

  /** The leader, which waits, covers `io` too. */
  private cover(leader: Io, io: Io, inFront: boolean): void {
    const { lba, blocks } = this.requests;
    this.forget(leader);
    if (inFront) this.order.startAt(leader, lba[io]);
    blocks[leader] += blocks[io];
    this.segments[leader] += this.segments[io];
    this.list(leader);
  }

  /** Plain reads and writes; zeros the file system writes have no data to gather. */
  private mayMerge(io: Io): boolean {
    const { op, blocks, data } = this.requests;
    return movesData(op[io]) && blocks[io] > 0 && data[io] >= 0;
  }

  private list(io: Io): void {
    const { lba, blocks } = this.requests;
    this.listed[io] = 1;
    this.byStart.add(io, lba[io]);
    this.byEnd.add(io, lba[io] + blocks[io]);
  }

  private segmentsOf(io: Io): number {
    const segments = Math.ceil(this.requests.blocks[io] / SEGMENT_BLOCKS);
    return segments < SEGMENTS_MAX ? segments : SEGMENTS_MAX;
  }
}
