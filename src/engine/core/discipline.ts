import { type Io, NO_IO } from './io.js';

/** In which order rows wait in a station. A discipline decides; it never moves a row itself. */
export interface Discipline {
  push(io: Io): void;
  /** The next row to start, or NO_IO when none may start now (empty, or held back by a limit). */
  pop(): Io;
  /** Takes a waiting row out (abort, failover); false when it is not here. */
  remove(io: Io): boolean;
}

/** First come, first served: a ring that grows to the longest queue seen. */
export class Fifo implements Discipline {
  private rows = new Int32Array(8);
  private head = 0;
  private count = 0;

  push(io: Io): void {
    if (this.count === this.rows.length) this.grow();
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
      for (let after = index + 1; after < this.count; after++) {
        this.rows[(this.head + after - 1) & mask] = this.rows[(this.head + after) & mask];
      }
      this.count--;
      return true;
    }
    return false;
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
