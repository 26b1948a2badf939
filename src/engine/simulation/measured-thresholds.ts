import type { LogEntry } from '../core/event-log.js';
import type { EntityInfo, Sample } from '../core/meters.js';
import type { Plan } from '../plan/plan.js';

/** Longest time the injectors get: nine levels of half a second, and slow disks. Model. */
const LIMIT_S = 60;

/** What is asked of the simulation of an idle plan. */
export interface Rehearsal {
  readonly log: { readonly entries: readonly LogEntry[] };
  readonly entities: readonly EntityInfo[];
  runUntil(time: number): void;
  sample(): Sample;
}

export interface MeasuredPlan {
  readonly plan: Plan;
  /** What the injectors found, to be told again when the run begins. */
  readonly found: readonly LogEntry[];
}

/**
 * Automatic thresholds of Storage I/O Control are measured on idle datastores (stack-lower reference,
 * 10.3), so before the run begins: on a copy of everything in which no guest does anything.
 * @param rehearse builds the simulation of a plan with its injectors
 */
export function measureThresholds(plan: Plan, rehearse: (idle: Plan) => Rehearsal): MeasuredPlan {
  const open = plan.datastores.filter(({ sioc }) => sioc !== undefined && sioc.percentOfPeak > 0);
  if (open.length === 0) return { plan, found: [] };
  const copy = rehearse({
    ...plan,
    jobs: [],
    replays: [],
    faults: [],
    changes: [],
    narrative: [],
    expectations: [],
  });
  const findings = (): LogEntry[] =>
    copy.log.entries.filter(({ kind }) => kind === 'sioc.threshold');
  for (let second = 1; second <= LIMIT_S && findings().length < open.length; second++) {
    copy.runUntil(second * 1e9);
  }
  const { values } = copy.sample();
  const datastores = plan.datastores.map((datastore) => {
    const { name, sioc } = datastore;
    if (sioc === undefined || sioc.percentOfPeak === 0) return datastore;
    const entity = copy.entities.find((one) => one.scope === 'sioc' && one.name === name);
    const isFound = findings().some(({ object }) => object === name);
    const thresholdNs =
      entity === undefined || !isFound
        ? sioc.thresholdNs
        : values[entity.base + entity.fields.indexOf('thresholdNs')];
    return { ...datastore, sioc: { ...sioc, thresholdNs, percentOfPeak: 0 } };
  });
  return { plan: { ...plan, datastores }, found: findings() };
}
