import { type Io, NO_IO, READ } from '../../../core/io.js';
import { count, duration, type Values } from '../../../core/params.js';
import type { Sim } from '../../../core/sim.js';
import { SortedRows } from '../sorted-rows.js';
import { defineOrder, type Order } from './define.js';

/** Defaults: the Linux block layer's, confirmed (stack-lower reference, 2.2). */
const PARAMS = {
  readExpire: duration('500ms', '0s', '60s', 'a read that waits longer goes first'),
  writeExpire: duration('5s', '0s', '600s', 'a write that waits longer goes first'),
  fifoBatch: count(16, 1, 1024, 'commands of one direction in a row, in address order'),
  writesStarved: count(2, 0, 1024, 'batches of reads while writes wait'),
  frontMerges: count(1, 0, 1, 'commands may join in front of waiting ones'),
};

/** Waiting commands of one direction: by address, and by deadline in a doubly linked list. */
class Direction {
  readonly byAddress: SortedRows;
  oldest = NO_IO;
  private newest = NO_IO;
  /** First block of the last command let go: what comes next in address order starts there. */
  position = Number.POSITIVE_INFINITY;

  constructor(
    sim: Sim,
    readonly expireNs: number,
    private readonly older: Int32Array,
    private readonly younger: Int32Array,
  ) {
    this.byAddress = new SortedRows(sim.requests);
  }

  get waiting(): boolean {
    return this.byAddress.count > 0;
  }

  get nextInAddressOrder(): Io {
    const index = this.byAddress.from(this.position);
    return index < this.byAddress.count ? this.byAddress.at(index) : NO_IO;
  }

  append(io: Io): void {
    this.byAddress.insert(io);
    this.link(this.newest, io, NO_IO);
  }

  take(io: Io): void {
    this.byAddress.remove(io);
    this.unlink(io);
  }

  /** Moves `io` right before `other` in the order of deadlines. */
  moveBefore(other: Io, io: Io): void {
    this.unlink(io);
    this.link(this.older[other], io, other);
  }

  private link(before: Io, io: Io, after: Io): void {
    this.older[io] = before;
    this.younger[io] = after;
    if (before === NO_IO) this.oldest = io;
    else this.younger[before] = io;
    if (after === NO_IO) this.newest = io;
    else this.older[after] = io;
  }

  private unlink(io: Io): void {
    const before = this.older[io];
    const after = this.younger[io];
    if (before === NO_IO) this.oldest = after;
    else this.younger[before] = after;
    if (after === NO_IO) this.newest = before;
    else this.older[after] = before;
  }
}

/**
 * Batches of one direction in address order; reads before writes, but not for ever; a command past
 * its deadline starts the next batch of its direction (stack-lower reference, 2.2).
 */
class Deadline implements Order {
  readonly frontMerges: boolean;
  private readonly reads: Direction;
  private readonly writes: Direction;
  private readonly deadline: Float64Array;
  private readonly fifoBatch: number;
  private readonly writesStarved: number;
  private direction: Direction;
  /** Commands of the batch under way; 0 when there is none. */
  private batch = 0;
  private starved = 0;

  constructor(
    private readonly sim: Sim,
    values: Values<typeof PARAMS>,
  ) {
    this.deadline = sim.requests.column('adapter.deadline', Float64Array);
    const older = sim.requests.column('adapter.older', Int32Array);
    const younger = sim.requests.column('adapter.younger', Int32Array);
    this.reads = new Direction(sim, values.readExpire, older, younger);
    this.writes = new Direction(sim, values.writeExpire, older, younger);
    this.direction = this.reads;
    this.fifoBatch = values.fifoBatch;
    this.writesStarved = values.writesStarved;
    this.frontMerges = values.frontMerges !== 0;
  }

  push(io: Io): void {
    const direction = this.directionOf(io);
    this.deadline[io] = this.sim.now + direction.expireNs;
    direction.append(io);
  }

  pop(): Io {
    if (this.batch > 0 && this.batch < this.fifoBatch) {
      const io = this.direction.nextInAddressOrder;
      if (io !== NO_IO) return this.issue(io);
    }
    if (!this.chooseDirection()) return NO_IO;
    const { direction } = this;
    this.batch = 0;
    const next = direction.nextInAddressOrder;
    const expired = this.deadline[direction.oldest] <= this.sim.now;
    return this.issue(expired || next === NO_IO ? direction.oldest : next);
  }

  remove(io: Io): boolean {
    this.directionOf(io).take(io);
    return true;
  }

  startAt(io: Io, lba: number): void {
    const { byAddress } = this.directionOf(io);
    byAddress.remove(io);
    this.sim.requests.lba[io] = lba;
    byAddress.insert(io);
  }

  /** The earlier deadline of the two, and the place in line that goes with it. */
  inherit(kept: Io, gone: Io): void {
    if (this.deadline[gone] >= this.deadline[kept]) return;
    this.deadline[kept] = this.deadline[gone];
    this.directionOf(kept).moveBefore(gone, kept);
  }

  private directionOf(io: Io): Direction {
    return this.sim.requests.op[io] === READ ? this.reads : this.writes;
  }

  /** The direction of the next batch; false when nothing waits. */
  private chooseDirection(): boolean {
    const { reads, writes } = this;
    if (reads.waiting && !(writes.waiting && this.starved++ >= this.writesStarved)) {
      this.direction = reads;
      return true;
    }
    if (!writes.waiting) return false;
    this.starved = 0;
    this.direction = writes;
    return true;
  }

  private issue(io: Io): Io {
    this.batch++;
    this.direction.take(io);
    this.direction.position = this.sim.requests.lba[io];
    return io;
  }
}

export const deadline = defineOrder({
  name: 'deadline',
  summary: 'batches in address order, reads first, nobody waits past a deadline for long',
  params: PARAMS,
  create: (sim, values) => new Deadline(sim, values),
});
