import type { Io } from '../../../core/io.js';
import { ROW_STRIDE } from '../../../core/requests.js';
import type { Sim } from '../../../core/sim.js';

/**
 * Whose turn it is at grains that are written for the first time. Who writes a part of one puts all of it
 * together and writes that: meanwhile nobody else writes the grain, and it does not begin before those are
 * done who were at it. Those who have to wait are placed again whenever one is done.
 */
export class GrainTurns {
  private waiting: Io[] = [];
  /** Grains that are put together, and by which row. */
  private readonly filling = new Map<number, Io>();
  /** Of rows that write new grains: whose, from 1; 0 for all others. */
  private readonly owner: Int32Array;
  /** The first of those grains, and how many they are. */
  private readonly first: Float64Array;
  private readonly count: Int32Array;

  /** @param own number that no other chain has, from 1 */
  constructor(
    private readonly sim: Sim,
    private readonly own: number,
  ) {
    const { requests } = sim;
    this.owner = requests.column('chain.owner', Int32Array);
    this.first = requests.column('chain.grain', Float64Array);
    this.count = requests.column('chain.grains', Int32Array);
  }

  get isIdle(): boolean {
    return this.waiting.length === 0;
  }

  /**
   * @param isPart the row covers only a part of the grain
   * @param mayBeWritten somebody may be at it: it has its place in the file
   * @returns true when the row waits from now on
   */
  waits(io: Io, grain: number, count: number, isPart: boolean, mayBeWritten: boolean): boolean {
    const waits = this.isFilling(grain, count) || (isPart && mayBeWritten && this.isWritten(grain));
    if (waits) this.waiting.push(io);
    return waits;
  }

  begin(io: Io, grain: number, count: number, isPart: boolean): void {
    this.owner[io] = this.own;
    this.first[io] = grain;
    this.count[io] = count;
    if (isPart) this.filling.set(grain, io);
  }

  /** @returns true when the row has put a grain together */
  end(io: Io): boolean {
    if (this.owner[io] !== this.own) return false;
    this.owner[io] = 0;
    const grain = this.first[io];
    return this.filling.get(grain) === io && this.filling.delete(grain);
  }

  /** Those that wait, each of which may have to wait again. */
  takeWaiting(): readonly Io[] {
    const { waiting } = this;
    this.waiting = [];
    return waiting;
  }

  /** The row is to wait no longer; false when it does not. */
  remove(io: Io): boolean {
    const place = this.waiting.indexOf(io);
    if (place >= 0) this.waiting.splice(place, 1);
    return place >= 0;
  }

  private isFilling(grain: number, count: number): boolean {
    if (this.filling.size === 0) return false;
    for (let index = 0; index < count; index++) if (this.filling.has(grain + index)) return true;
    return false;
  }

  /** Looks through all rows: writes of less than a grain are few. */
  private isWritten(grain: number): boolean {
    const { requests } = this.sim;
    const { owner, first, count } = this;
    let left = requests.inFlight;
    for (let io = 0; left > 0 && io < requests.handleLimit; io += ROW_STRIDE) {
      if (!requests.live(io)) continue;
      left--;
      if (owner[io] !== this.own || grain < first[io] || grain >= first[io] + count[io]) continue;
      return true;
    }
    return false;
  }
}
