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

  /** Takes a row out of the middle; false when it is not here. */
  remove(io: Io): boolean {
    let before = NO_IO;
    for (let at = this.head; at !== NO_IO; before = at, at = this.next[at]) {
      if (at !== io) continue;
      if (before === NO_IO) this.head = this.next[io];
      else this.next[before] = this.next[io];
      if (this.tail === io) this.tail = before;
      return true;
    }
    return false;
  }
}
