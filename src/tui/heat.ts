/** Latency histograms over time, in fewer and wider bands than the engine's buckets. */
import { bucketStart, HISTOGRAM_BUCKETS } from '../engine/core/histogram.js';
import type { Sample } from '../engine/core/meters.js';

/** Engine buckets per band: two bands per octave. */
const MERGED = 8;
/** Half octaves below this are one band: 1 us is where virtual disks begin. */
const SKIPPED = 8;
export const BANDS = 48;
/** Enough for the widest screen; fewer where many objects keep histograms. */
const COLUMNS_MAX = 400;
const BYTES_MAX = 24 * 1024 * 1024;

/** Counts of one window: BANDS for each histogram. */
interface Column {
  readonly at: number;
  readonly counts: Uint32Array;
}

export interface HeatColumn {
  /** Simulated time at its end, ns. */
  readonly at: number;
  /** Commands per band, lowest first. */
  readonly bands: readonly number[];
}

/** Band of an engine bucket. */
const BAND_OF = Uint8Array.from({ length: HISTOGRAM_BUCKETS }, (_, bucket) =>
  Math.min(BANDS - 1, Math.max(0, Math.floor((bucket - 1) / MERGED) - SKIPPED)),
);

/** Lower bound of a band, ns. */
export function bandStart(band: number): number {
  return band === 0 ? 0 : bucketStart((band + SKIPPED) * MERGED + 1);
}

export class HeatHistory {
  private columns: Column[] = [];

  /** Takes what the histograms have counted between two samples; both must have them. */
  push(before: Sample, after: Sample): void {
    const now = after.histograms;
    const then = before.histograms;
    const objects = Math.floor(now.length / HISTOGRAM_BUCKETS);
    const counts = new Uint32Array(objects * BANDS);
    for (let object = 0; object < objects; object++) {
      const first = object * HISTOGRAM_BUCKETS;
      for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        const grown = (now[first + bucket] ?? 0) - (then[first + bucket] ?? 0);
        if (grown > 0) {
          const at = object * BANDS + (BAND_OF[bucket] ?? 0);
          counts[at] = (counts[at] ?? 0) + grown;
        }
      }
    }
    // Samples may be taken twice at one instant, the later one says it all; a recording may go back.
    while ((this.columns.at(-1)?.at ?? -1) >= after.at) this.columns.pop();
    this.columns.push({ at: after.at, counts });
    const keep = Math.min(COLUMNS_MAX, Math.floor(BYTES_MAX / (counts.byteLength + 1)));
    if (this.columns.length > keep) this.columns.splice(0, this.columns.length - keep);
  }

  /** Forgets everything after an instant. */
  dropAfter(ns: number): void {
    this.columns = this.columns.filter(({ at }) => at <= ns);
  }

  /**
   * Counts per band of these histograms together, for the last `count` windows, oldest first.
   * @param toNs windows that end later are left out
   */
  last(
    count: number,
    histograms: readonly number[],
    toNs = Number.POSITIVE_INFINITY,
  ): readonly HeatColumn[] {
    const upTo = this.columns.findLastIndex(({ at }) => at <= toNs) + 1;
    return this.columns.slice(Math.max(0, upTo - count), upTo).map(({ at, counts }) => ({
      at,
      bands: Array.from({ length: BANDS }, (_, band) =>
        histograms.reduce((sum, object) => sum + (counts[object * BANDS + band] ?? 0), 0),
      ),
    }));
  }
}
