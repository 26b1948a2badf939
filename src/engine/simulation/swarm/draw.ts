import { assert } from '../../core/assert.js';
import { exp, ln } from '../../core/math.js';
import { Stream } from '../../core/random.js';

/** Draws for generated runs: the same seed and name give the same draws anywhere. */
export class Draw {
  private readonly stream: Stream;

  constructor(seed: number, name: string) {
    this.stream = new Stream(seed, `swarm ${name}`);
  }

  chance(probability: number): boolean {
    return this.stream.unit() < probability;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + this.stream.below(max - min + 1);
  }

  /** From `min` to `max`, every order of magnitude as likely as the others; both above zero. */
  scaled(min: number, max: number): number {
    return min * exp(this.stream.unit() * ln(max / min));
  }

  one<T>(list: readonly T[]): T {
    assert(list.length > 0, 'nothing to draw from');
    return list[this.stream.below(list.length)];
  }

  /** Some of a list, at least one, in its order. */
  some<T>(list: readonly T[], probability: number): T[] {
    const drawn = list.filter(() => this.chance(probability));
    return drawn.length > 0 ? drawn : [this.one(list)];
  }
}
