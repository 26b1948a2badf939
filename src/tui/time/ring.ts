/**
 * Samples of the past within a budget of memory. The newest are all kept; of older ones fewer and
 * fewer, so that the distance between two of them grows with their age: the one that is missed least
 * goes first, measured as the gap it leaves over its age. The first sample stays for good.
 */
import type { Sample } from '../../engine/core/meters.js';

/** Counters of all samples, and their histograms, bytes; *model*. */
const COUNTERS_MAX = 48 * 1024 * 1024;
const HISTOGRAMS_MAX = 32 * 1024 * 1024;
/** However large they are. */
const SAMPLES_MIN = 32;
/** However small they are: scrolling by samples ends somewhere. */
const SAMPLES_MAX = 2_000;
/** The newest, which charts show evenly: two samples per column of the widest screen. */
const DENSE = 400;

const NO_HISTOGRAMS = new Uint32Array(0);

export class Ring {
  private samples: Sample[] = [];

  constructor(earlier?: Ring) {
    if (earlier !== undefined) this.samples = [...earlier.samples];
  }

  get length(): number {
    return this.samples.length;
  }

  at(index: number): Sample | undefined {
    return this.samples[index];
  }

  /**
   * Samples without simulated time between them replace one another. In a recording time may go
   * back; what came after is forgotten then.
   */
  push(sample: Sample): void {
    const { samples } = this;
    while ((samples.at(-1)?.at ?? 0) > sample.at) samples.pop();
    const last = samples.at(-1);
    if (last !== undefined && sample.at <= last.at) samples[samples.length - 1] = sample;
    else samples.push(sample);
    const fitting = Math.floor(COUNTERS_MAX / (sample.values.byteLength + 1));
    const keep = Math.min(SAMPLES_MAX, Math.max(SAMPLES_MIN, fitting));
    while (samples.length > keep) samples.splice(this.leastMissed(Math.min(DENSE, keep / 2)), 1);
    this.forgetHistograms(sample.histograms.byteLength);
  }

  /** Forgets everything after an instant. */
  dropAfter(ns: number): void {
    this.samples = this.samples.filter(({ at }) => at <= ns);
  }

  /** The last sample at or before an instant; 0 when there is none. */
  indexAt(ns: number): number {
    let low = 0;
    let high = this.samples.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.samples[middle]?.at ?? 0) <= ns) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  private leastMissed(dense: number): number {
    const { samples } = this;
    const now = samples.at(-1)?.at ?? 0;
    let best = 1;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 1; index < samples.length - dense - 1; index++) {
      const [before, self, after] = [samples[index - 1]!, samples[index]!, samples[index + 1]!];
      const missed = (after.at - before.at) / (now - self.at);
      if (missed >= least) continue;
      least = missed;
      best = index;
    }
    return best;
  }

  /** Histograms are large: only so many of the newest samples have theirs, the last two always. */
  private forgetHistograms(bytes: number): void {
    const keep = Math.max(2, Math.floor(HISTOGRAMS_MAX / (bytes + 1)));
    for (let index = this.samples.length - keep - 1; index >= 0; index--) {
      const sample = this.samples[index]!;
      if (sample.histograms.length === 0) break;
      this.samples[index] = { ...sample, histograms: NO_HISTOGRAMS };
    }
  }
}
