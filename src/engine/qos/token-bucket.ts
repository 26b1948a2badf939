import { type Discipline, Fifo } from '../core/discipline.js';
import { type Io, NO_IO } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { costOf } from './cost.js';

/** A bucket holds the tokens of this long: what may pass at once after a pause. Model. */
const BURST_NS = 100_000_000;

/**
 * First come, first served, at a limited rate: a token bucket. A command may start while there is a
 * token left and takes as many as it costs, if need be from the future.
 */
export class TokenBucket implements Discipline {
  private readonly rows = new Fifo();
  private waiting = 0;
  private readonly tokenNs: number;
  /** The bucket is full when this lies BURST_NS in the past, empty when it is now. */
  private emptyAt = -BURST_NS;

  /**
   * @param limit tokens per second; 0 is no limit
   * @param unitBytes bytes of data that cost one token
   */
  constructor(
    private readonly sim: Sim,
    limit: number,
    private readonly unitBytes: number,
  ) {
    this.tokenNs = limit > 0 ? 1e9 / limit : 0;
  }

  push(io: Io): void {
    this.rows.push(io);
    this.waiting++;
  }

  pop(): Io {
    const { now, requests } = this.sim;
    if (this.waiting === 0 || this.emptyAt > now) return NO_IO;
    const io = this.rows.pop();
    this.waiting--;
    const cost = costOf(requests.op[io], requests.blocks[io], this.unitBytes / 512);
    this.emptyAt = Math.max(this.emptyAt, now - BURST_NS) + cost * this.tokenNs;
    return io;
  }

  remove(io: Io): boolean {
    const isHere = this.rows.remove(io);
    if (isHere) this.waiting--;
    return isHere;
  }

  /** When the next command may start; only of use while one waits. */
  nextAt(): number {
    return Math.ceil(this.emptyAt);
  }
}
