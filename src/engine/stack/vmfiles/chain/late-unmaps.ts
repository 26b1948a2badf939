import type { Io } from '../../../core/io.js';
import type { Sim } from '../../../core/sim.js';
import { type GrainTables, OWN } from './grain-tables.js';

/**
 * UNMAPs that took effect while new grains were being written. A grain keeps its place in the file: one
 * that was given back meanwhile would come to hold what another write, done before the UNMAP, had left
 * there. Such a write counts as done before the UNMAP, which it overlapped: its grains stay zeros.
 */
export class LateUnmaps {
  /** Writes of new grains under way: those of the younger half, and the others. */
  private readonly writes = [0, 0];
  /** Which of them is the younger. */
  private young = 0;
  /** First grain and end of each UNMAP; forgotten once every write is done that overlapped it. */
  private readonly ranges: number[] = [];
  /** Numbers in `ranges` that were forgotten, and at which the younger half began. */
  private forgotten = 0;
  private youngFrom = 0;
  /** How many numbers there were when the write began, and which half it is of. */
  private readonly known: Float64Array;
  private readonly half: Uint8Array;

  constructor(sim: Sim) {
    this.known = sim.requests.column('chain.unmaps', Float64Array);
    this.half = sim.requests.column('chain.unmapHalf', Uint8Array);
  }

  /** UNMAPs that are remembered. */
  get count(): number {
    return this.ranges.length / 2;
  }

  begin(io: Io): void {
    this.half[io] = this.young;
    this.writes[this.young]++;
    this.known[io] = this.end;
  }

  /** The write is done, well or not. */
  done(io: Io): void {
    this.writes[this.half[io]]--;
    if (this.writes[1 - this.young] > 0) return;
    this.ranges.splice(0, this.youngFrom - this.forgotten);
    this.forgotten = this.youngFrom;
    this.youngFrom = this.end;
    this.young = 1 - this.young;
  }

  unmapped(grain: number, count: number): void {
    if (this.writes[0] + this.writes[1] > 0) this.ranges.push(grain, grain + count);
  }

  private get end(): number {
    return this.forgotten + this.ranges.length;
  }

  /** The grains of a write count from now on. */
  mark(io: Io, tables: GrainTables, grain: number, count: number): void {
    if (this.known[io] === this.end) {
      tables.mark(grain, count, OWN);
      return;
    }
    for (let at = grain; at < grain + count; at++) {
      if (!this.isUnmapped(at, this.known[io])) tables.mark(at, 1, OWN);
    }
  }

  private isUnmapped(grain: number, from: number): boolean {
    for (let index = from - this.forgotten; index < this.ranges.length; index += 2) {
      if (grain >= this.ranges[index] && grain < this.ranges[index + 1]) return true;
    }
    return false;
  }
}
