import { bucketStart, HISTOGRAM_BUCKETS, quantile } from '../engine/core/histogram.js';
import type { EntityInfo, Sample } from '../engine/core/meters.js';

/** How long commands took, ms; null when none ended. */
export interface LatencyDocument {
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** Upper end of the histogram's highest bucket in use: at most a sixteenth too high. */
  readonly max: number | null;
}

/** Fields of latency sums and of their counts, over every kind of command. */
export const COMMANDS = ['reads', 'writes', 'others'] as const;
export const LATENCIES = ['readNs', 'writeNs', 'otherNs'] as const;

/** What changed between two samples. */
export class Window {
  /** Length, s. */
  readonly seconds: number;
  readonly spanNs: number;

  /** @param before undefined counts from the start of the run */
  constructor(
    private readonly before: Sample | undefined,
    private readonly after: Sample,
  ) {
    this.spanNs = after.at - (before?.at ?? 0);
    this.seconds = this.spanNs / 1e9;
  }

  /** A gauge at the end of the window; 0 for a field the entity does not have. */
  now({ base, fields }: EntityInfo, field: string): number {
    const slot = fields.indexOf(field);
    return slot < 0 ? 0 : (this.after.values[base + slot] ?? 0);
  }

  /** How much counters grew, summed over entities and fields. */
  grown(entities: readonly EntityInfo[], ...names: readonly string[]): number {
    let sum = 0;
    for (const { base, fields } of entities) {
      for (const name of names) {
        const slot = fields.indexOf(name);
        if (slot < 0) continue;
        sum += (this.after.values[base + slot] ?? 0) - (this.before?.values[base + slot] ?? 0);
      }
    }
    return sum;
  }

  /** Per second; 0 in a window without length. */
  rate(amount: number): number {
    return this.seconds > 0 ? amount / this.seconds : 0;
  }

  /** One histogram over the entities' own. */
  latencies(entities: readonly EntityInfo[]): Float64Array {
    const counts = new Float64Array(HISTOGRAM_BUCKETS);
    for (const { histogram } of entities) {
      if (histogram < 0) continue;
      const first = histogram * HISTOGRAM_BUCKETS;
      for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        const earlier = this.before?.histograms[first + bucket] ?? 0;
        counts[bucket] = counts[bucket]! + (this.after.histograms[first + bucket] ?? 0) - earlier;
      }
    }
    return counts;
  }

  /** Latencies of entities that count traffic and keep a histogram. */
  latency(entities: readonly EntityInfo[]): LatencyDocument {
    const commands = this.grown(entities, ...COMMANDS);
    if (commands === 0) return { mean: null, p50: null, p95: null, p99: null, max: null };
    const counts = this.latencies(entities);
    return {
      mean: this.grown(entities, ...LATENCIES) / commands / 1e6,
      p50: quantile(counts, 0.5) / 1e6,
      p95: quantile(counts, 0.95) / 1e6,
      p99: quantile(counts, 0.99) / 1e6,
      max: bucketStart(counts.findLastIndex((count) => count > 0) + 1) / 1e6,
    };
  }
}
