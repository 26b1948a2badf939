/** The frames of the past: tables show two of them, charts all up to those. */
import type { Sample } from '../engine/core/meters.js';
import { Entities } from '../engine/views/kit/entities.js';
import type { Window } from '../engine/views/kit/row.js';
import { type HeatColumn, HeatHistory } from './heat.js';
import { Ring } from './time/ring.js';

const NO_HISTOGRAMS = new Uint32Array(0);

export class Frames {
  private readonly ring: Ring;
  /** Latency over time, kept for longer than whole histograms. */
  private readonly heat: HeatHistory;
  private cached: Window | undefined;
  private lookAt: number | undefined;

  /** @param earlier frames of a layout this one only adds objects to */
  constructor(
    readonly entities: Entities,
    earlier?: Frames,
  ) {
    this.ring = new Ring(earlier?.ring);
    this.lookAt = earlier?.lookAt;
    this.heat = earlier?.heat ?? new HeatHistory();
  }

  /**
   * Frames without simulated time between them replace one another: a window is never empty.
   * @param early it comes when it is asked for, as at a pause: with too little time since the last one
   *   for an average, it takes the place of that one
   */
  push(sample: Sample, early = false): void {
    const { ring } = this;
    const [first, last] = [ring.at(ring.length - 2), ring.at(ring.length - 1)];
    if (early && first !== undefined && last !== undefined && sample.at > last.at) {
      if (sample.at - last.at < (last.at - first.at) / 2) this.dropAfter(first.at);
    }
    ring.push(sample);
    const before = ring.at(ring.length - 2);
    if (before !== undefined) this.heat.push(before, sample);
    this.cached = undefined;
  }

  /** Shows the window that ends at or before an instant; undefined is the newest. */
  look(atNs: number | undefined): void {
    if (this.lookAt === atNs) return;
    this.lookAt = atNs;
    this.cached = undefined;
  }

  /** The instants at which windows end, oldest first. */
  get ends(): readonly number[] {
    return Array.from({ length: Math.max(0, this.ring.length - 1) }, (_, index) => {
      return this.ring.at(index + 1)?.at ?? 0;
    });
  }

  /** Forgets what came after an instant. */
  dropAfter(ns: number): void {
    this.ring.dropAfter(ns);
    this.heat.dropAfter(ns);
    this.cached = undefined;
  }

  get empty(): boolean {
    return this.ring.length === 0;
  }

  /** The window tables show; from a single frame everything is a state and nothing a rate. */
  get window(): Window {
    this.cached ??= this.at(this.shown);
    return this.cached;
  }

  /** The last `count` windows up to the one shown, oldest first. */
  windows(count: number): Window[] {
    const last = this.shown;
    const found: Window[] = [];
    for (let index = Math.max(1, last - count + 1); index <= last; index++) {
      if (index >= this.ring.length) break;
      found.push(index === last ? this.window : this.at(index));
    }
    return found;
  }

  /** Latency of these histograms together over the last `count` windows, oldest first. */
  heatOf(histograms: readonly number[], count: number): readonly HeatColumn[] {
    return this.heat.last(count, histograms, this.window.after.at);
  }

  /** Index of the sample at which the shown window ends. */
  private get shown(): number {
    const index = this.lookAt === undefined ? this.ring.length - 1 : this.ring.indexAt(this.lookAt);
    return Math.max(1, index);
  }

  private at(index: number): Window {
    const before = this.ring.at(index - 1) ?? EMPTY;
    const after = this.ring.at(index) ?? before;
    // Counts since the start of the run are no distribution of the window.
    const unknown = before.histograms.length === 0 && before.at > 0;
    const shown = unknown && after !== before ? { ...after, histograms: NO_HISTOGRAMS } : after;
    return { entities: this.entities, before, after: shown };
  }
}

const EMPTY: Sample = { at: 0, values: new Float64Array(0), histograms: NO_HISTOGRAMS };

export const NO_FRAMES = new Frames(new Entities([]));
