import type { Discipline } from '../core/discipline.js';
import { type Io, NO_IO } from '../core/io.js';
import type { Sim } from '../core/sim.js';

/** What a device says of commands it may take in any order. */
export interface AccessTimes {
  /** Commands it looks at; those that came later wait outside. */
  readonly queueDepth: number;
  /** Time until it could begin to transfer, ns. */
  accessNs(op: number, lba: number, now: number): number;
}

/**
 * A command that waited this long goes first (model): without a limit commands far from all others
 * would wait without end under load.
 */
const PATIENCE_NS = 500e6;

/**
 * Command queueing inside a disk: the command it can begin soonest comes next, seek and turn counted
 * (shortest access time first; Jacobson and Wilkes, "Disk scheduling algorithms based on rotational
 * position", HPL-CSP-91-7, 1991).
 */
export class AccessOrder implements Discipline {
  /** Rows in order of arrival. */
  private rows = new Int32Array(64);
  private count = 0;
  private readonly since: Float64Array;

  constructor(
    private readonly sim: Sim,
    private readonly times: AccessTimes,
  ) {
    this.since = sim.requests.column('spindle.queuedAt', Float64Array);
  }

  push(io: Io): void {
    if (this.count === this.rows.length) {
      const wider = new Int32Array(this.rows.length * 2);
      wider.set(this.rows);
      this.rows = wider;
    }
    this.since[io] = this.sim.now;
    this.rows[this.count++] = io;
  }

  pop(): Io {
    if (this.count === 0) return NO_IO;
    const index = this.soonest();
    const io = this.rows[index];
    this.take(index);
    return io;
  }

  remove(io: Io): boolean {
    for (let index = 0; index < this.count; index++) {
      if (this.rows[index] !== io) continue;
      this.take(index);
      return true;
    }
    return false;
  }

  private soonest(): number {
    const { rows, sim, times } = this;
    const { op, lba } = sim.requests;
    const { now } = sim;
    if (now - this.since[rows[0]] > PATIENCE_NS) return 0;
    const end = Math.min(this.count, times.queueDepth);
    let best = 0;
    let bestNs = Number.POSITIVE_INFINITY;
    for (let index = 0; index < end; index++) {
      const io = rows[index];
      const ns = times.accessNs(op[io], lba[io], now);
      if (ns >= bestNs) continue;
      best = index;
      bestNs = ns;
    }
    return best;
  }

  private take(index: number): void {
    this.rows.copyWithin(index, index + 1, this.count);
    this.count--;
  }
}
