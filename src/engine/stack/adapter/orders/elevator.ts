import { type Io, NO_IO } from '../../../core/io.js';
import type { Sim } from '../../../core/sim.js';
import { SortedRows } from '../sorted-rows.js';
import { defineOrder, type Order } from './define.js';

/**
 * C-LOOK: ascending addresses from where the last command ended; past the highest one the sweep
 * starts again at the lowest (stack-lower reference, 2.2). Fair to none: who keeps issuing commands
 * just ahead of the head is served first.
 */
class Elevator implements Order {
  readonly frontMerges = true;
  private readonly rows: SortedRows;
  /** Block after the last command that was let go. */
  private head = 0;

  constructor(private readonly sim: Sim) {
    this.rows = new SortedRows(sim.requests);
  }

  push(io: Io): void {
    this.rows.insert(io);
  }

  pop(): Io {
    const { rows } = this;
    if (rows.count === 0) return NO_IO;
    const ahead = rows.from(this.head);
    const io = rows.at(ahead < rows.count ? ahead : 0);
    rows.remove(io);
    const { lba, blocks } = this.sim.requests;
    this.head = lba[io] + blocks[io];
    return io;
  }

  remove(io: Io): boolean {
    this.rows.remove(io);
    return true;
  }

  startAt(io: Io, lba: number): void {
    this.rows.remove(io);
    this.sim.requests.lba[io] = lba;
    this.rows.insert(io);
  }

  inherit(): void {
    // Only addresses count here.
  }
}

export const elevator = defineOrder({
  name: 'elevator',
  summary: 'C-LOOK: ascending addresses, then from the lowest again',
  params: {},
  create: (sim) => new Elevator(sim),
});
