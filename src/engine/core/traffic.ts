import { bucketOf } from './histogram.js';
import type { Entity } from './meters.js';
import type { Sim } from './sim.js';

/**
 * Counters of everything commands pass through. Reads, writes and other commands apart; `Ns` is the
 * sum of latencies, so a mean is a difference of sums over a difference of counts.
 */
export const TRAFFIC_FIELDS = [
  'reads',
  'writes',
  'others',
  'readBlocks',
  'writeBlocks',
  'otherBlocks',
  'readNs',
  'writeNs',
  'otherNs',
  'failedReads',
  'failedWrites',
  'failedOthers',
] as const;

const BLOCKS = 3;
const NS = 6;
const FAILED = 9;

/** Where traffic is counted: an entity whose first fields are TRAFFIC_FIELDS, or an array alone. */
export type TrafficTarget = Pick<Entity, 'values' | 'histogram'>;

/** Sets `values` to the sum of others' traffic: for what is made of parts that count for themselves. */
export function sumTraffic(values: Float64Array, parts: readonly Float64Array[]): void {
  for (let field = 0; field < TRAFFIC_FIELDS.length; field++) {
    let sum = 0;
    for (const part of parts) sum += part[field];
    values[field] = sum;
  }
}

/** Counts finished commands. */
export class Traffic {
  private readonly values: Float64Array;
  private readonly histogram: Uint32Array | undefined;

  constructor(sim: Sim, target: TrafficTarget) {
    this.values = target.values;
    this.histogram = target.histogram >= 0 ? sim.meters.histogramOf(target) : undefined;
  }

  /** @param op opcode of core/io.ts; @param status 0 when it ended well */
  add(op: number, blocks: number, latencyNs: number, status: number): void {
    const { values } = this;
    const kind = op < 2 ? op : 2;
    values[kind]++;
    values[BLOCKS + kind] += blocks;
    values[NS + kind] += latencyNs;
    if (status !== 0) values[FAILED + kind]++;
    if (this.histogram !== undefined) this.histogram[bucketOf(latencyNs)]++;
  }
}
