import { assert } from '../core/assert.js';
import type { Stream } from '../core/random.js';
import { Scatter } from './scatter.js';
import { Zipf } from './zipf.js';

export interface AddressesOptions {
  readonly pattern: 'sequential' | 'random' | 'zipf';
  /** The part of the disk that is touched. */
  readonly startBlock: number;
  readonly blocks: number;
  /** Addresses are multiples of this, counted from the start of the part. */
  readonly alignBlocks: number;
  /** The longest command that will be asked for. */
  readonly longestBlocks: number;
  readonly theta: number;
}

/**
 * Where commands go.
 *
 * - sequential: where the last one ended; from the start again when the next does not fit whole;
 * - random: uniform over the aligned addresses at which it fits;
 * - zipf: aligned addresses by popularity, the popular ones scattered over the part in a fixed way.
 *   A command that would reach beyond the end is moved back to fit.
 */
export class Addresses {
  private readonly pattern: AddressesOptions['pattern'];
  private readonly start: number;
  private readonly blocks: number;
  private readonly align: number;
  private readonly zipf: Zipf;
  private readonly scatter: Scatter;
  private cursor = 0;

  constructor(
    private readonly stream: Stream,
    options: AddressesOptions,
  ) {
    const { pattern, startBlock, blocks, alignBlocks, longestBlocks, theta } = options;
    assert(startBlock >= 0 && alignBlocks >= 1, 'addresses begin on the disk');
    assert(longestBlocks <= blocks, `a command of ${longestBlocks} blocks in a part of ${blocks}`);
    this.pattern = pattern;
    this.start = startBlock;
    this.blocks = blocks;
    this.align = alignBlocks;
    const places = Math.floor(blocks / alignBlocks);
    this.zipf = new Zipf(places, pattern === 'zipf' ? theta : 0);
    this.scatter = new Scatter(places, stream);
  }

  /** Puts the address of each command into `lba`, given their lengths. */
  fill(lba: Float64Array, lengths: Int32Array): void {
    if (this.pattern === 'sequential') this.fillInOrder(lba, lengths);
    else if (this.pattern === 'random') this.fillEvenly(lba, lengths);
    else this.fillByPopularity(lba, lengths);
  }

  private fillInOrder(lba: Float64Array, lengths: Int32Array): void {
    for (let index = 0; index < lba.length; index++) {
      if (this.cursor + lengths[index] > this.blocks) this.cursor = 0;
      lba[index] = this.start + this.cursor;
      this.cursor += lengths[index];
    }
  }

  private fillEvenly(lba: Float64Array, lengths: Int32Array): void {
    const { start, blocks, align, stream } = this;
    for (let index = 0; index < lba.length; index++) {
      const places = Math.floor((blocks - lengths[index]) / align) + 1;
      lba[index] = start + Math.floor(stream.unit() * places) * align;
    }
  }

  private fillByPopularity(lba: Float64Array, lengths: Int32Array): void {
    const { start, blocks, align, scatter } = this;
    this.zipf.fill(lba, this.stream);
    for (let index = 0; index < lba.length; index++) {
      const at = scatter.of(lba[index] - 1) * align;
      lba[index] = start + Math.min(at, blocks - lengths[index]);
    }
  }
}
