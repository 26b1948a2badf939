import { HISTOGRAM_BUCKETS, quantile } from '../../core/histogram.js';
import type { EntityInfo, Sample } from '../../core/meters.js';
import type { Entities } from './entities.js';

/** Two samples: everything a view shows is a state at the second or a change between the two. */
export interface Window {
  readonly entities: Entities;
  readonly before: Sample;
  readonly after: Sample;
}

const NS_PER_S = 1e9;
const NS_PER_MS = 1e6;

/**
 * One object in one window. A field the object does not keep reads as NaN, which carries through
 * arithmetic and is shown as `-`, so one view can show objects of different scopes.
 */
export class Row {
  constructor(
    readonly window: Window,
    readonly info: EntityInfo,
    /** 1 for a row shown below the object it belongs to. */
    readonly depth: 0 | 1 = 0,
  ) {}

  get name(): string {
    return this.info.name;
  }

  /** Simulated seconds between the samples. */
  get seconds(): number {
    return (this.window.after.at - this.window.before.at) / NS_PER_S;
  }

  /** The same object in another window. */
  in(window: Window): Row {
    return new Row(window, this.info, this.depth);
  }

  label(name: string): string {
    return this.info.labels[name] ?? '';
  }

  /**
   * What a recording of a host says under the title of a column, NaN where it says nothing; undefined
   * for objects of the engine, which keep no such fields.
   */
  recorded(column: string): number | undefined {
    const slot = this.info.fields.indexOf(column);
    return slot < 0 ? undefined : this.window.after.values[this.info.base + slot];
  }

  /** Value at the end of the window. */
  now(field: string): number {
    const slot = this.info.fields.indexOf(field);
    return slot < 0 ? Number.NaN : (this.window.after.values[this.info.base + slot] ?? 0);
  }

  /** Growth of a counter within the window; an object that appeared within it started from 0. */
  grown(field: string): number {
    const slot = this.info.fields.indexOf(field);
    if (slot < 0) return Number.NaN;
    const at = this.info.base + slot;
    return (this.window.after.values[at] ?? 0) - (this.window.before.values[at] ?? 0);
  }

  /** Growth per simulated second; 0 over an empty window. */
  rate(field: string): number {
    const grown = this.grown(field);
    if (Number.isNaN(grown)) return grown;
    const { seconds } = this;
    return seconds > 0 ? grown / seconds : 0;
  }

  /** Sum of the growth of several counters. */
  sum(fields: readonly string[]): number {
    let total = 0;
    for (const field of fields) total += this.grown(field);
    return total;
  }

  /** Mean time per command in ms: 0 when there was none. */
  meanMs(nsFields: readonly string[], countFields: readonly string[]): number {
    return perCommandMs(this.sum(nsFields), this.sum(countFields));
  }

  /** Latency below which `fraction` of the window's commands ended, ms; NaN without a histogram. */
  quantileMs(fraction: number): number {
    const counts = this.histogram();
    return counts === undefined ? Number.NaN : quantile(counts, fraction) / NS_PER_MS;
  }

  /** How many commands of the window ended in each bucket; undefined when nobody counted. */
  histogram(): Uint32Array | undefined {
    if (this.info.histogram < 0) return undefined;
    const first = this.info.histogram * HISTOGRAM_BUCKETS;
    const after = this.window.after.histograms.subarray(first, first + HISTOGRAM_BUCKETS);
    if (after.length === 0) return undefined;
    const before = this.window.before.histograms;
    return after.map((count, bucket) => count - (before[first + bucket] ?? 0));
  }

  /** Rows of the objects of `scope` that belong to this one. */
  children(scope: string): readonly Row[] {
    const found = this.window.entities.children(this.info, scope);
    return found.map((info) => new Row(this.window, info, 1));
  }

  /** The row of the object of `scope` this one belongs to. */
  parent(scope: string): Row | undefined {
    const found = this.window.entities.parent(this.info, scope);
    return found === undefined ? undefined : new Row(this.window, found);
  }
}

/** The rule of all latency columns: ms per command, and no command is 0.00, never NaN. */
export function perCommandMs(ns: number, commands: number): number {
  if (Number.isNaN(ns) || Number.isNaN(commands)) return Number.NaN;
  return commands > 0 ? ns / commands / NS_PER_MS : 0;
}
