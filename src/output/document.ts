import type { Plan } from '../engine/plan/plan.js';
import type { DeviceDocument, SiocDocument } from './devices.js';
import type { Layers, Totals } from './engine.js';
import type { ExpectationResult } from './expectations.js';
import type { Interval, RunResult, Verified } from './run.js';
import type { Score } from './score.js';
import type { VmDocument } from './service.js';

/** One span of a run, in the document's units. */
export interface IntervalDocument {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly totals: Totals;
  readonly layers: Layers;
  readonly vms: readonly VmDocument[];
  readonly devices: readonly DeviceDocument[];
  readonly sioc: readonly SiocDocument[];
}

/**
 * What `--json` prints: stable names, no wall times, so that equal runs print equal documents.
 * Fields are only ever added.
 */
export interface RunDocument {
  readonly digest: string;
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  readonly simulatedSeconds: number;
  readonly totals: Totals;
  readonly layers: Layers;
  /** What each VM and virtual disk asked for and got, over the whole run. */
  readonly vms: readonly VmDocument[];
  readonly devices: readonly DeviceDocument[];
  /** Storage I/O Control at the end, per host and datastore. */
  readonly sioc: readonly SiocDocument[];
  readonly expectations: readonly ExpectationResult[];
  /** Expectations of the scenario that were not checked: the run was cut short. */
  readonly expectationsSkipped: number;
  /** Runs with guests that verify their data. */
  readonly verified?: Verified;
  readonly intervals?: readonly IntervalDocument[];
  /** Replays: what the trace holds. */
  readonly trace?: Readonly<Record<string, unknown>>;
  /** Runs of a saved session: what was done, and what it was worth. */
  readonly session?: SessionDocument;
}

/** A branch of a session. */
export interface SessionDocument {
  readonly branch: string;
  /** How far it had got when it was saved. */
  readonly savedSeconds: number;
  /** Whether the digest there is the saved one; null when the run ended before. */
  readonly asSaved: boolean | null;
  readonly actions: readonly { readonly atSeconds: number; readonly what: string }[];
  /** Null for scenarios that are no drills. */
  readonly score: Score | null;
}

export function runDocument(
  plan: Plan,
  result: RunResult,
  trace?: Readonly<Record<string, unknown>>,
  session?: SessionDocument,
): RunDocument {
  const { digest, totals, layers, service, expectations, intervals, simulatedNs, verified } =
    result;
  return {
    digest,
    scenario: plan.name,
    title: plan.title,
    seed: plan.seed,
    simulatedSeconds: simulatedNs / 1e9,
    totals,
    layers,
    ...service,
    expectations,
    expectationsSkipped: plan.expectationsSkipped,
    ...(verified === undefined ? {} : { verified }),
    ...(intervals.length === 0
      ? {}
      : {
          intervals: intervals.map(intervalDocument),
        }),
    ...(trace === undefined ? {} : { trace }),
    ...(session === undefined ? {} : { session }),
  };
}

export function intervalDocument({ fromNs, toNs, service, ...rest }: Interval): IntervalDocument {
  return { fromSeconds: fromNs / 1e9, toSeconds: toNs / 1e9, ...rest, ...service };
}
