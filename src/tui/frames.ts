/** The frames of the recent past: tables show the last two, charts all of them. */
import type { Sample } from '../engine/core/meters.js';
import { Entities } from '../engine/views/kit/entities.js';
import type { Window } from '../engine/views/kit/row.js';
import { HeatHistory } from './heat.js';

/** Enough for a chart of two samples per column over the widest screen. */
const FRAMES_MAX = 400;
const FRAMES_MIN = 32;
/** Counters of large layouts are not kept for as long. */
const BYTES_MAX = 32 * 1024 * 1024;

const NO_HISTOGRAMS = new Uint32Array(0);

export class Frames {
  /** Latency over time, kept for longer than whole histograms. */
  readonly heat: HeatHistory;
  private readonly samples: Sample[];
  private cached: Window | undefined;

  /** @param earlier frames of a layout this one only adds objects to */
  constructor(
    readonly entities: Entities,
    earlier?: Frames,
  ) {
    this.heat = earlier?.heat ?? new HeatHistory();
    this.samples = earlier === undefined ? [] : [...earlier.samples];
  }

  /** Frames without simulated time between them replace one another: a window is never empty. */
  push(sample: Sample): void {
    const { samples } = this;
    const last = samples.at(-1);
    if (last !== undefined && sample.at <= last.at) samples[samples.length - 1] = sample;
    else samples.push(sample);
    this.cached = undefined;
    const { before, after } = this.window;
    if (samples.length > 1) this.heat.push(before, after);
    const old = samples.length - 3;
    const forgotten = samples[old];
    // Histograms are large and only the last window shows them.
    if (forgotten !== undefined && forgotten.histograms.length > 0) {
      samples[old] = { ...forgotten, histograms: NO_HISTOGRAMS };
    }
    const bytes = sample.values.byteLength;
    const keep = Math.min(FRAMES_MAX, Math.max(FRAMES_MIN, Math.floor(BYTES_MAX / (bytes + 1))));
    if (samples.length > keep) samples.splice(0, samples.length - keep);
  }

  get empty(): boolean {
    return this.samples.length === 0;
  }

  /** The window tables show; from a single frame everything is a state and nothing a rate. */
  get window(): Window {
    this.cached ??= this.at(Math.max(1, this.samples.length - 1));
    return this.cached;
  }

  /** The last `count` windows, oldest first. */
  windows(count: number): Window[] {
    const { length } = this.samples;
    const first = Math.max(1, length - count);
    const found: Window[] = [];
    for (let index = first; index < length; index++) {
      found.push(index === length - 1 ? this.window : this.at(index));
    }
    return found;
  }

  private at(index: number): Window {
    const before = this.samples[index - 1] ?? EMPTY;
    return { entities: this.entities, before, after: this.samples[index] ?? before };
  }
}

const EMPTY: Sample = { at: 0, values: new Float64Array(0), histograms: NO_HISTOGRAMS };

export const NO_FRAMES = new Frames(new Entities([]));
