import { type Io, NO_IO } from './io.js';
import type { Sim } from './sim.js';

/** Rows that wait for the same thing, in order, linked through a column: nothing is allocated. */
export class RowList {
  count = 0;
  private readonly next: Int32Array;
  private head: Io = NO_IO;
  private tail: Io = NO_IO;

  constructor(sim: Sim) {
    this.next = sim.requests.next;
  }

  push(io: Io): void {
    this.next[io] = NO_IO;
    if (this.head === NO_IO) this.head = io;
    else this.next[this.tail] = io;
    this.tail = io;
    this.count++;
  }

  /** Puts a row back where it was: at the front. */
  unshift(io: Io): void {
    this.next[io] = this.head;
    if (this.head === NO_IO) this.tail = io;
    this.head = io;
    this.count++;
  }

  /** The one that waits longest, taken out, or NO_IO. */
  shift(): Io {
    const io = this.head;
    if (io === NO_IO) return NO_IO;
    this.head = this.next[io];
    this.count--;
    return io;
  }

  /** Takes a row out wherever it waits; false when it does not wait here. */
  remove(io: Io): boolean {
    let before = NO_IO;
    for (let at = this.head; at !== NO_IO; before = at, at = this.next[at]) {
      if (at !== io) continue;
      if (before === NO_IO) this.head = this.next[io];
      else this.next[before] = this.next[io];
      if (this.tail === io) this.tail = before;
      this.count--;
      return true;
    }
    return false;
  }
}
