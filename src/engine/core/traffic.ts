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

/** Counts finished commands of one entity, whose first fields are TRAFFIC_FIELDS. */
export class Traffic {
  private readonly values: Float64Array;
  private readonly histogram: Uint32Array | undefined;

  constructor(sim: Sim, entity: Entity) {
    this.values = entity.values;
    this.histogram = entity.histogram >= 0 ? sim.meters.histogramOf(entity) : undefined;
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
