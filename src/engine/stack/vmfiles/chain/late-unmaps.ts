import type { Io } from '../../../core/io.js';
import type { Sim } from '../../../core/sim.js';
import { type GrainTables, OWN } from './grain-tables.js';

/**
 * UNMAPs that took effect while new grains were being written. A grain keeps its place in the file: one
 * that was given back meanwhile would come to hold what another write, done before the UNMAP, had left
 * there. Such a write counts as done before the UNMAP, which it overlapped: its grains stay zeros.
 */
export class LateUnmaps {
  /** Writes of new grains under way. */
  private writes = 0;
  /** First grain and end of each UNMAP; forgotten when nothing is under way any more. */
  private readonly ranges: number[] = [];
  /** How many of them there were when the write began. */
  private readonly known: Int32Array;

  constructor(sim: Sim) {
    this.known = sim.requests.column('chain.unmaps', Int32Array);
  }

  begin(io: Io): void {
    this.writes++;
    this.known[io] = this.ranges.length;
  }

  end(): void {
    if (--this.writes === 0) this.ranges.length = 0;
  }

  unmapped(grain: number, count: number): void {
    if (this.writes > 0) this.ranges.push(grain, grain + count);
  }

  /** The grains of a write count from now on. */
  mark(io: Io, tables: GrainTables, grain: number, count: number): void {
    if (this.known[io] === this.ranges.length) {
      tables.mark(grain, count, OWN);
      return;
    }
    for (let at = grain; at < grain + count; at++) {
      if (!this.isUnmapped(at, this.known[io])) tables.mark(at, 1, OWN);
    }
  }

  private isUnmapped(grain: number, from: number): boolean {
    for (let index = from; index < this.ranges.length; index += 2) {
      if (grain >= this.ranges[index] && grain < this.ranges[index + 1]) return true;
    }
    return false;
  }
}
