import type { LogEntry } from '../engine/core/event-log.js';
import type { EntityInfo, Sample } from '../engine/core/meters.js';
import type { LayerSummary } from '../engine/simulation/layer-summary.js';

/** What the guests saw completed. */
export interface Totals {
  readonly reads: number;
  readonly writes: number;
  readonly others: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly errors: number;
  /** Of the errors: commands a disk does not know. */
  readonly unsupported: number;
}

export type Layers = Readonly<Record<string, LayerSummary>>;

/** What headless runs need of a Simulation; tests give them a small one of their own. */
export interface Engine {
  /** Simulated time, ns. */
  readonly now: number;
  readonly entities: readonly EntityInfo[];
  readonly log: { onEntry: ((entry: LogEntry) => void) | undefined };
  /** True when every replay has completed its last record. */
  readonly finished: boolean;
  runUntil(ns: number): void;
  sample(): Sample;
  totals(): Totals;
  digest(): string;
  /** What guests that verify their data have checked, and what they found that must not be. */
  readonly verified?: {
    readonly blocksRead: number;
    readonly blocksWritten: number;
    readonly violations: number;
  };
  readonly violations?: readonly { readonly text: string }[];
  layerSummary(before: Sample | undefined, after: Sample): Layers;
}
