import type { Sample } from '../engine/core/meters.js';
import type { ExpectationPlan } from '../engine/plan/plan.js';
import { UNBOUNDED } from '../scenario/plan/expectations.js';
import { diskFigures, disksOf } from './disk-figures.js';
import type { Engine } from './engine.js';
import { type ExpectationResult, Expectations } from './expectations.js';

/** A promise of the scenario while it runs. What is met or missed stays so. */
export interface Goal {
  readonly text: string;
  readonly state: 'not yet' | 'met' | 'missed';
  /** As in ExpectationResult; of a window that is not over, null. */
  readonly value: number | null;
  readonly unit: ExpectationResult['unit'];
  readonly min: number;
  readonly max: number;
  /** When it is decided at the latest, ns; null where only the end of the run decides. */
  readonly dueNs: number | null;
}

/** Follows a run and says of each expectation how it stands. */
export class Goals {
  readonly watch: Expectations;
  private readonly decided = new Map<ExpectationPlan, Goal>();

  constructor(private readonly plans: readonly ExpectationPlan[]) {
    this.watch = new Expectations(plans);
  }

  /**
   * @param current a sample of now, for promises that can be broken before their window is over
   * @param over nothing comes after this
   */
  now(engine: Engine, current: Sample, over: boolean): Goal[] {
    const results = this.watch.results(engine);
    return this.plans.map((plan, index) => {
      const known = this.decided.get(plan);
      if (known !== undefined) return known;
      const result = results[index] as ExpectationResult;
      const { text, value, unit, min, max } = result;
      const state = stateOf(plan, result, current.at, over);
      const broken = state === 'not yet' && this.brokenAlready(plan, engine, current);
      const goal: Goal = {
        text,
        state: broken ? 'missed' : state,
        value,
        unit,
        min,
        max,
        dueNs: dueOf(plan),
      };
      if (goal.state !== 'not yet') this.decided.set(plan, goal);
      return goal;
    });
  }

  /** Errors are only ever added: too many of them now are too many at the end of the window. */
  private brokenAlready(plan: ExpectationPlan, { entities }: Engine, current: Sample): boolean {
    const { measure, max } = plan;
    if (measure.kind !== 'metric' || measure.metric !== 'errors') return false;
    const before = this.watch.sampleAt(measure.fromNs);
    if (before === undefined) return false;
    return diskFigures(disksOf(entities, measure.vms), before, current).errors > max;
  }
}

function dueOf({ measure, max }: ExpectationPlan): number | null {
  if (measure.kind === 'metric') return measure.toNs;
  return measure.kind === 'event' && measure.after === '' && max !== UNBOUNDED ? max : null;
}

function stateOf(
  plan: ExpectationPlan,
  { ok, value }: ExpectationResult,
  nowNs: number,
  over: boolean,
): Goal['state'] {
  const final = ok ? 'met' : 'missed';
  const { measure, min, max } = plan;
  if (measure.kind === 'metric') return nowNs >= measure.toNs ? final : 'not yet';
  if (measure.kind === 'event') {
    if (value !== null) return final;
    const late = measure.after === '' && max !== UNBOUNDED && nowNs > max;
    return late || over ? 'missed' : 'not yet';
  }
  const counted = value ?? 0;
  if (counted > max) return 'missed';
  if (over || (max === UNBOUNDED && counted >= min)) return final;
  return 'not yet';
}
