import { type Io, NO_IO } from '../../../core/io.js';
import type { Sim } from '../../../core/sim.js';

/** Rows that wait for the same thing, in order, linked through a column. */
export class RowList {
  private readonly next: Int32Array;
  private head = NO_IO;
  private tail = NO_IO;

  constructor(sim: Sim) {
    this.next = sim.requests.next;
  }

  push(io: Io): void {
    this.next[io] = NO_IO;
    if (this.head === NO_IO) this.head = io;
    else this.next[this.tail] = io;
    this.tail = io;
  }

  /** The first row, taken out, or NO_IO. */
  shift(): Io {
    const io = this.head;
    if (io !== NO_IO) this.head = this.next[io];
    return io;
  }
}
