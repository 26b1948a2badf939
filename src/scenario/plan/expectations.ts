import { formatDuration } from '../../engine/core/units.js';
import type { ExpectationPlan } from '../../engine/plan/plan.js';
import { readDuration } from '../quantities.js';
import type { ExpectationText, Scenario } from '../schema.js';
import type { Path } from '../source.js';
import type { Context } from './context.js';
import { selectVms } from './timeline.js';
import type { PlannedVm } from './vms.js';

/** "No bound", as a number that survives JSON. */
export const UNBOUNDED = Number.MAX_SAFE_INTEGER;

type Measure = ExpectationPlan['measure'];

export function planExpectations(
  context: Context,
  scenario: Scenario,
  vms: ReadonlyMap<string, PlannedVm>,
): ExpectationPlan[] {
  const plans: ExpectationPlan[] = [];
  for (const [index, text] of scenario.expect.entries()) {
    const path: Path = ['expect', index];
    const measure = planMeasure(context, scenario, text, vms, path);
    if (measure === undefined) continue;
    const isTime = measuresTime(measure);
    const min = planBound(context, text.min, isTime, [...path, 'min']);
    const noErrors = measure.kind === 'metric' && measure.metric === 'errors';
    const max =
      planBound(context, text.max, isTime, [...path, 'max']) ?? (noErrors ? 0 : undefined);
    const silent = text.min === undefined && text.max === undefined && !noErrors;
    if (silent && measure.kind === 'metric') {
      context.report(path, 'promises nothing', 'give min, max or both');
    }
    // An event or a count without bounds asks that it happens at all.
    const least = min ?? (measure.kind === 'count' && max === undefined ? 1 : 0);
    const plan = { measure, min: least, max: max ?? UNBOUNDED };
    if (plan.min > plan.max) context.report([...path, 'min'], 'min is above max');
    plans.push({ text: text.text ?? describe(plan, isTime), ...plan });
  }
  return plans;
}

/** True where the figure and its bounds are in ns. */
export function measuresTime(measure: Measure): boolean {
  return (
    measure.kind === 'event' || (measure.kind === 'metric' && measure.metric.endsWith('Latency'))
  );
}

function planMeasure(
  context: Context,
  scenario: Scenario,
  text: ExpectationText,
  vms: ReadonlyMap<string, PlannedVm>,
  path: Path,
): Measure | undefined {
  const { metric, event, count } = text;
  const given = [metric, event, count].filter((kind) => kind !== undefined).length;
  if (given !== 1) {
    context.report(path, 'expected exactly one of metric, event and count');
    return undefined;
  }
  const object = text.object ?? '';
  if (event !== undefined) return { kind: 'event', event, object, after: text.after ?? '' };
  if (count !== undefined) return { kind: 'count', event: count, object };
  const fromNs = text.from ?? 0;
  const toNs = text.to ?? scenario.duration;
  if (toNs > scenario.duration) {
    context.report([...path, 'to'], 'comes after the end of the run', 'make "duration" longer');
  } else if (fromNs >= toNs) {
    context.report([...path, 'from'], 'the window ends before it begins');
  }
  const names = new Set(
    (text.vms ?? ['*']).flatMap((wanted, index) =>
      selectVms(context, wanted, vms, [...path, 'vms', index]).map((vm) => vm.name),
    ),
  );
  return { kind: 'metric', metric: metric!, vms: [...names], fromNs, toNs };
}

function planBound(
  context: Context,
  given: string | number | undefined,
  isTime: boolean,
  path: Path,
): number | undefined {
  if (given === undefined) return undefined;
  const value = isTime ? readDuration(given) : typeof given === 'number' ? given : undefined;
  if (value === undefined) {
    const expected = isTime ? 'a time with its unit, such as 5ms' : 'a number';
    context.report(path, `expected ${expected}, found ${JSON.stringify(given)}`);
  }
  return value;
}

function describe({ measure, min, max }: Omit<ExpectationPlan, 'text'>, isTime: boolean): string {
  const show = (value: number): string => (isTime ? formatDuration(value) : String(value));
  const bounds = max === UNBOUNDED ? `at least ${show(min)}` : `${show(min)} to ${show(max)}`;
  if (measure.kind === 'metric') return `${measure.metric} of ${measure.vms.join(', ')}: ${bounds}`;
  const object = measure.object === '' ? '' : ` of ${measure.object}`;
  return measure.kind === 'count'
    ? `number of ${measure.event}${object}: ${bounds}`
    : `time of ${measure.event}${object}: ${bounds}`;
}
