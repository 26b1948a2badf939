import { type Io, NO_IO } from '../../../core/io.js';
import type { Sim } from '../../../core/sim.js';

/** Commands a device holds while it has no path for them: first in, first out, nothing allocated. */
export class HeldRows {
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

  /** The one that waits longest, or NO_IO. */
  shift(): Io {
    const io = this.head;
    if (io === NO_IO) return NO_IO;
    this.head = this.next[io];
    this.count--;
    return io;
  }
}
