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
export type TrafficTarget = Pick<Entity, 'counters' | 'base' | 'histogram'>;

/** Sets `values` to the sum of others' traffic: for what is made of parts that count for themselves. */
export function sumTraffic(values: Float64Array, parts: readonly Float64Array[]): void {
  for (let field = 0; field < TRAFFIC_FIELDS.length; field++) {
    let sum = 0;
    for (const part of parts) sum += part[field];
    values[field] = sum;
  }
}

/** From now on what `part` counts belongs to somebody else; what it has counted so far stays. */
export function endPart(parts: Float64Array[], part: Float64Array): void {
  const place = parts.indexOf(part);
  if (place >= 0) parts[place] = part.slice();
}

/** What `part` counts from now on is part of the sum; what it has counted so far is not. */
export function beginPart(parts: Float64Array[], part: Float64Array): void {
  parts.push(
    part,
    part.map((value) => -value),
  );
}

/**
 * Counts a finished command.
 * @param base where the TRAFFIC_FIELDS begin in `counters`
 * @param op opcode of core/io.ts; @param status 0 when it ended well
 */
export function countTraffic(
  counters: Float64Array,
  base: number,
  op: number,
  blocks: number,
  latencyNs: number,
  status: number,
): void {
  const slot = base + (op < 2 ? op : 2);
  counters[slot]++;
  counters[slot + BLOCKS] += blocks;
  counters[slot + NS] += latencyNs;
  if (status !== 0) counters[slot + FAILED]++;
}

/** Counts finished commands, with the histogram of their latencies where there is one. */
export class Traffic {
  private readonly counters: Float64Array;
  private readonly base: number;
  private readonly buckets: Uint32Array | undefined;
  private readonly firstBucket: number;

  constructor(sim: Sim, target: TrafficTarget) {
    this.counters = target.counters;
    this.base = target.base;
    const histogram = target.histogram >= 0 ? sim.meters.histogramOf(target) : undefined;
    this.buckets = histogram?.buckets;
    this.firstBucket = histogram?.first ?? 0;
  }

  /** @param op opcode of core/io.ts; @param status 0 when it ended well */
  add(op: number, blocks: number, latencyNs: number, status: number): void {
    countTraffic(this.counters, this.base, op, blocks, latencyNs, status);
    if (this.buckets !== undefined) this.buckets[this.firstBucket + bucketOf(latencyNs)]++;
  }
}
