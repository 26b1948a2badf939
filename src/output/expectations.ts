import type { LogEntry } from '../engine/core/event-log.js';
import type { Sample } from '../engine/core/meters.js';
import type { ExpectationPlan } from '../engine/plan/plan.js';
import { measuresTime } from '../scenario/plan/expectations.js';
import { diskFigures, disksOf } from './disk-figures.js';
import type { Engine } from './engine.js';

/** A promise of the scenario and whether the run kept it. */
export interface ExpectationResult {
  readonly text: string;
  readonly ok: boolean;
  /** ns for times and latencies, per second for rates, else counts; null when it did not happen. */
  readonly value: number | null;
  readonly unit: 'ns' | 'per second' | 'count';
  readonly min: number;
  readonly max: number;
}

/** Watches a run for what its expectations need: log entries as they come, samples at edges. */
export class Expectations {
  private readonly samples = new Map<number, Sample>();
  private readonly kinds: ReadonlySet<string>;
  private readonly entries: LogEntry[] = [];

  constructor(private readonly plans: readonly ExpectationPlan[]) {
    const kinds = new Set<string>();
    for (const { measure } of plans) {
      if (measure.kind !== 'metric') kinds.add(measure.event);
      if (measure.kind === 'event') kinds.add(measure.after);
    }
    this.kinds = kinds;
  }

  /** Simulated instants at which `take` must be given a sample. */
  edges(): number[] {
    return this.plans.flatMap(({ measure }) =>
      measure.kind === 'metric' ? [measure.fromNs, measure.toNs] : [],
    );
  }

  take(sample: Sample): void {
    this.samples.set(sample.at, sample);
  }

  /** The sample that was taken at an edge, once it has been passed. */
  sampleAt(at: number): Sample | undefined {
    return this.samples.get(at);
  }

  note(entry: LogEntry): void {
    if (this.kinds.has(entry.kind)) this.entries.push(entry);
  }

  /** How it went, once the run is over. */
  results(engine: Engine): ExpectationResult[] {
    return this.plans.map((plan) => {
      const { text, min, max, measure } = plan;
      const value = this.valueOf(plan, engine);
      const isTime = measuresTime(measure);
      const isRate = measure.kind === 'metric' && measure.metric === 'iops';
      const unit = isTime ? 'ns' : isRate ? 'per second' : 'count';
      return { text, ok: value >= min && value <= max, value: finite(value), unit, min, max };
    });
  }

  /** NaN, which lies in no range, when there was nothing to measure. */
  private valueOf({ measure }: ExpectationPlan, engine: Engine): number {
    if (measure.kind === 'metric') {
      const [from, to] = [this.samples.get(measure.fromNs), this.samples.get(measure.toNs)];
      if (to === undefined) return Number.NaN;
      return diskFigures(disksOf(engine.entities, measure.vms), from, to)[measure.metric];
    }
    const { event, object } = measure;
    const matches = this.entries.filter(
      (entry) => entry.kind === event && entry.object.includes(object),
    );
    if (measure.kind === 'count') return matches.length;
    if (measure.after === '') return matches[0]?.at ?? Number.NaN;
    const start = this.entries.find((entry) => entry.kind === measure.after);
    if (start === undefined) return Number.NaN;
    const found = matches.find((entry) => entry.number > start.number);
    return found === undefined ? Number.NaN : found.at - start.at;
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
