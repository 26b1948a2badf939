import { assert } from '../core/assert.js';
import type { CellStore } from '../core/cells.js';
import { BLOCK_BYTES, READ, UNMAP, WRITE } from '../core/io.js';
import type { Stream } from '../core/random.js';
import type { JobPlan } from '../plan/plan.js';
import { Addresses } from './addresses.js';

const TWO_32 = 0x100000000;
/** Commands drawn at once: tight loops over columns keep the numbers out of the heap. */
const BATCH = 256;
/** The columns, for all jobs: what is drawn is copied at once. */
const OPS = new Uint8Array(BATCH);
const LENGTHS = new Int32Array(BATCH);
const ADDRESSES = new Float64Array(BATCH);

/** Where a command that was drawn has what, and how far the next one is. */
export const LBA = 0;
export const BLOCKS = 1;
export const OP = 2;
const WIDTH = 3;

/**
 * Every second UNMAP of a job that mixes them in is of one or two whole blocks of a file system (1 MB),
 * as far as they lie in the job's part; the others are as the writes would have been (model).
 */
const UNMAP_UNIT = 2048;
const UNMAP_UNITS_MAX = 2;

/** What a job asks for, command by command: operation, length and address. */
export class Commands {
  /** The commands of a batch one after the other, so that taking one looks at one place in memory. */
  readonly drawn: Float64Array;
  private readonly first: number;
  private used = BATCH;

  private readonly addresses: Addresses;
  /** A draw below it is a read; only for jobs that mix. */
  private readonly readBelow: number;
  private readonly mixes: boolean;
  private readonly only: number;
  /** A draw below it makes an UNMAP of a write; 0 for jobs that give nothing back. */
  private readonly trimBelow: number;
  private readonly startBlock: number;
  private readonly endBlock: number;
  /** Lengths, and the draws below which each is chosen. */
  private readonly lengths: Int32Array;
  private readonly lengthBelow: Float64Array;

  constructor(
    plan: JobPlan,
    capacityBlocks: number,
    private readonly stream: Stream,
    cells: CellStore,
  ) {
    const { values, base } = cells.take(WIDTH * BATCH);
    this.drawn = values;
    this.first = base;
    const { name, rw, bs, offsetBytes, sizeBytes } = plan;
    assert(
      bs.every(({ bytes }) => bytes > 0 && bytes % BLOCK_BYTES === 0),
      `block sizes of job ${name} are whole blocks`,
    );
    assert(
      offsetBytes >= 0 && offsetBytes + sizeBytes <= capacityBlocks * BLOCK_BYTES,
      `job ${name} reaches beyond its disk`,
    );
    const only = onlyOpOf(rw);
    this.mixes = only === undefined;
    this.only = only ?? READ;
    this.trimBelow = Math.round(((plan.trimPercent ?? 0) / 100) * TWO_32);
    this.readBelow = Math.round((plan.rwmixread / 100) * TWO_32);
    this.lengths = Int32Array.from(bs, ({ bytes }) => bytes / BLOCK_BYTES);
    this.lengthBelow = thresholds(bs.map(({ weight }) => weight));
    const startBlock = Math.ceil(offsetBytes / BLOCK_BYTES);
    this.startBlock = startBlock;
    this.endBlock = Math.floor((offsetBytes + sizeBytes) / BLOCK_BYTES);
    this.addresses = new Addresses(stream, {
      pattern: rw.startsWith('rand') ? plan.distribution : 'sequential',
      startBlock,
      blocks: this.endBlock - startBlock,
      alignBlocks: Math.min(...this.lengths),
      longestBlocks: Math.max(...this.lengths),
      theta: plan.zipfTheta,
    });
  }

  /** Where in `drawn` the next command is. */
  next(): number {
    if (this.used === BATCH) this.draw();
    return this.first + WIDTH * this.used++;
  }

  private draw(): void {
    const { drawn, first } = this;
    if (this.lengths.length > 1) this.drawLengths();
    else LENGTHS.fill(this.lengths[0]);
    if (this.mixes) this.drawOps();
    else OPS.fill(this.only);
    this.addresses.fill(ADDRESSES, LENGTHS);
    if (this.trimBelow > 0) this.drawTrims();
    for (let index = 0, at = first; index < BATCH; index++, at += WIDTH) {
      drawn[at + LBA] = ADDRESSES[index];
      drawn[at + BLOCKS] = LENGTHS[index];
      drawn[at + OP] = OPS[index];
    }
    this.used = 0;
  }

  private drawLengths(): void {
    const { lengths, lengthBelow, stream } = this;
    for (let index = 0; index < BATCH; index++) {
      const draw = stream.next();
      let choice = 0;
      while (draw >= lengthBelow[choice]) choice++;
      LENGTHS[index] = lengths[choice];
    }
  }

  private drawOps(): void {
    const { readBelow, stream } = this;
    for (let index = 0; index < BATCH; index++)
      OPS[index] = stream.next() < readBelow ? READ : WRITE;
  }

  private drawTrims(): void {
    const { trimBelow, startBlock, endBlock, stream } = this;
    for (let index = 0; index < BATCH; index++) {
      if (OPS[index] !== WRITE || stream.next() >= trimBelow) continue;
      OPS[index] = UNMAP;
      if (stream.below(2) === 0) continue;
      const from = Math.floor(ADDRESSES[index] / UNMAP_UNIT) * UNMAP_UNIT;
      const to = from + UNMAP_UNIT * (1 + stream.below(UNMAP_UNITS_MAX));
      ADDRESSES[index] = Math.max(from, startBlock);
      LENGTHS[index] = Math.min(to, endBlock) - ADDRESSES[index];
    }
  }
}

/** The operation of a job that has only one. */
function onlyOpOf(rw: JobPlan['rw']): number | undefined {
  if (rw === 'read' || rw === 'randread') return READ;
  if (rw === 'write' || rw === 'randwrite') return WRITE;
  return rw === 'unmap' ? UNMAP : undefined;
}

/** Bounds under which a 32-bit draw picks each weight; the last one takes all that is left. */
function thresholds(weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  assert(total > 0, 'block sizes have weights');
  let sum = 0;
  const below = Float64Array.from(weights, (weight) => {
    sum += weight;
    return Math.round((sum / total) * TWO_32);
  });
  below[below.length - 1] = TWO_32;
  return below;
}
