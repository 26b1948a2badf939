import { assert } from '../core/assert.js';
import { pow } from '../core/math.js';
import type { Stream } from '../core/random.js';

const TWO_32 = 0x100000000;
/** Parts per octave of ranks: with 64, a draw is accepted without a power 98 times in 100. */
const PARTS = 64;

/**
 * Ranks 1 to `count` with probability proportional to 1 / rank^theta, exactly, in constant time.
 *
 * The ranks are cut into parts, 64 per octave. A part is drawn by its size times the weight of its
 * first rank (alias method: Walker 1977, tables after Vose 1991), then a rank evenly inside it,
 * which is kept with the ratio of its weight to the first one's (rejection). Up to rank 64 a part is
 * one rank.
 */
export class Zipf {
  private readonly parts: number;
  private readonly first: Float64Array;
  private readonly width: Float64Array;
  /** 32-bit draws below this are kept without computing the ratio, which is nowhere less. */
  private readonly sure: Float64Array;
  /** Share of its column a part keeps in the alias table, and who has the rest. */
  private readonly share: Float64Array;
  private readonly alias: Int32Array;

  /**
   * @param count up to 2^50
   * @param theta 0 is uniform
   */
  constructor(
    count: number,
    private readonly theta: number,
  ) {
    assert(count >= 1 && count <= 0x4000000000000, `zipf over ${count} ranks`);
    assert(theta >= 0 && theta <= 10, `zipf with theta ${theta}`);
    const first: number[] = [];
    const width: number[] = [];
    for (let rank = 1, step = 1; rank <= count; rank += step) {
      if (rank >= 2 * PARTS * step) step *= 2;
      first.push(rank);
      width.push(Math.min(step, count + 1 - rank));
    }
    this.parts = first.length;
    this.first = Float64Array.from(first);
    this.width = Float64Array.from(width);
    this.sure = Float64Array.from(first, (rank, part) =>
      Math.floor(pow(rank / (rank + width[part] - 1), theta) * TWO_32),
    );
    const weights = first.map((rank, part) => width[part] * pow(rank, -theta));
    this.share = new Float64Array(this.parts);
    this.alias = new Int32Array(this.parts);
    this.tabulate(weights);
  }

  /** Fills `ranks` with draws. */
  fill(ranks: Float64Array, stream: Stream): void {
    for (let index = 0; index < ranks.length; index++) ranks[index] = this.draw(stream);
  }

  private draw(stream: Stream): number {
    for (;;) {
      const column = stream.unit() * this.parts;
      let part = Math.floor(column);
      if (column - part >= this.share[part]) part = this.alias[part];
      const first = this.first[part];
      const width = this.width[part];
      if (width === 1) return first;
      const rank = first + Math.floor(stream.unit() * width);
      const ratio = stream.next();
      if (ratio < this.sure[part] || ratio < pow(first / rank, this.theta) * TWO_32) return rank;
    }
  }

  /** Vose's construction: columns below the mean are filled up from those above it. */
  private tabulate(weights: readonly number[]): void {
    const { parts, share, alias } = this;
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / parts;
    const left = weights.map((weight) => weight / mean);
    const small: number[] = [];
    const large: number[] = [];
    for (let part = 0; part < parts; part++) (left[part] < 1 ? small : large).push(part);
    while (small.length > 0 && large.length > 0) {
      const poor = small.pop()!;
      const rich = large[large.length - 1];
      share[poor] = left[poor];
      alias[poor] = rich;
      left[rich] -= 1 - left[poor];
      if (left[rich] < 1) {
        large.pop();
        small.push(rich);
      }
    }
    // What is left is full but for rounding.
    for (const part of [...small, ...large]) {
      share[part] = 1;
      alias[part] = part;
    }
  }
}
