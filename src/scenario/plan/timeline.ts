import type { FaultPlan, NarrativePlan } from '../../engine/plan/plan.js';
import type { Scenario } from '../schema.js';
import type { Path } from '../source.js';
import { suggest } from '../suggest.js';
import type { Context } from './context.js';
import type { PlannedVm } from './vms.js';

export function planFaults(
  context: Context,
  scenario: Scenario,
  targets: ReadonlyMap<string, readonly string[]>,
): FaultPlan[] {
  const faults = new Map(context.catalogues.faults.map((entry) => [entry.name, entry]));
  const plans: FaultPlan[] = [];
  for (const [index, text] of scenario.faults.entries()) {
    const path: Path = ['faults', index];
    const atNs = text.at ?? 0;
    if (text.at === undefined && text.rate === undefined) {
      context.report(path, 'says not when it happens', 'give "at", or "rate" for random times');
    }
    checkTime(context, atNs, scenario.duration, [...path, 'at']);
    if (text.until !== undefined && text.until <= atNs) {
      context.report([...path, 'until'], 'heals before it happens');
    }
    if (text.rate !== undefined && text.for === undefined) {
      context.report([...path, 'rate'], 'a fault with a rate has to end', 'give "for": how long');
    }
    if (text.rate === undefined && text.for !== undefined && text.until !== undefined) {
      context.report([...path, 'for'], 'it ends at "until" already', 'give one of the two');
    }
    const entry = context.find(faults, text.fault, [...path, 'fault'], 'fault');
    if (entry === undefined) continue;
    const known = targets.get(entry.target) ?? [];
    const matches = known.filter((name) => name === text.target).length;
    if (matches > 1) {
      context.report(
        [...path, 'target'],
        `${matches} ${entry.target}s are called "${text.target}"`,
      );
    } else if (matches === 0) {
      context.report(
        [...path, 'target'],
        `${entry.name} acts on a ${entry.target}; there is no ${entry.target} "${text.target}"`,
        suggest(text.target, known),
      );
    }
    plans.push({
      fault: entry.name,
      target: text.target,
      params: context.params(entry.params, text.params, [...path, 'params']),
      atNs,
      ...endOf(text, atNs),
    });
  }
  return plans.sort((a, b) => a.atNs - b.atNs);
}

/** When a fault ends, and whether it comes again. */
function endOf(
  { until = 0, rate, for: lastsNs = 0 }: Scenario['faults'][number],
  atNs: number,
): Pick<FaultPlan, 'untilNs' | 'repeat'> {
  if (rate !== undefined) return { untilNs: until, repeat: { perMinute: rate, lastsNs } };
  return { untilNs: lastsNs > 0 ? atNs + lastsNs : until };
}

export function planNarrative(context: Context, scenario: Scenario): NarrativePlan[] {
  for (const [index, { at }] of scenario.narrative.entries()) {
    checkTime(context, at, scenario.duration, ['narrative', index, 'at']);
  }
  return scenario.narrative
    .map(({ at, text }) => ({ atNs: at, text }))
    .sort((a, b) => a.atNs - b.atNs);
}

/** VMs by name, by the name of an entry with copies, or by a pattern with `*`. */
export function selectVms(
  context: Context,
  wanted: string,
  vms: ReadonlyMap<string, PlannedVm>,
  path: Path,
): PlannedVm[] {
  const parts = wanted.split('*').map((text) => text.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('.*')}$`);
  const found = [...vms.values()].filter(
    (vm) => pattern.test(vm.name) || (vm.entry === wanted && !vms.has(wanted)),
  );
  if (found.length === 0) {
    const known = [...vms.values()].flatMap((vm) => [vm.name, vm.entry]);
    context.report(path, `there is no VM "${wanted}"`, suggest(wanted, new Set(known)));
  }
  return found;
}

export function checkTime(context: Context, atNs: number, endNs: number, path: Path): void {
  if (atNs <= endNs) return;
  context.report(
    path,
    `comes after the end of the run (${endNs / 1e9} s)`,
    'make "duration" longer',
  );
}
