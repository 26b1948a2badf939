import { type Io, NO_IO } from '../../core/io.js';

/** Rows that get no answer while something is broken, in order; not for the I/O path. */
export class RowBag {
  private rows: Io[] = [];

  push(io: Io): void {
    this.rows.push(io);
  }

  /** The one that waits longest, or NO_IO. */
  pop(): Io {
    return this.rows.shift() ?? NO_IO;
  }

  /** Takes out all that fit, in order. */
  takeAll(fits: (io: Io) => boolean): Io[] {
    const taken = this.rows.filter(fits);
    this.rows = this.rows.filter((io) => !fits(io));
    return taken;
  }
}
