import type { PolicyPlan, Requirements } from '../../engine/plan/plan.js';
import type { Scenario } from '../schema.js';
import { type Context, Names } from './context.js';

/** Components every vCenter has (stack-lower reference, 9.7; from memory). */
const PRESETS: readonly PolicyPlan[] = [
  { name: 'Low', shares: 500, limit: 1000, reservation: 10 },
  { name: 'Normal', shares: 1000, limit: 10_000, reservation: 50 },
  { name: 'High', shares: 2000, limit: 100_000, reservation: 100 },
];

/** Storage policies by name: those of the scenario, and the presets it does not replace. */
export function planPolicies(
  context: Context,
  { policies }: Scenario,
): ReadonlyMap<string, PolicyPlan> {
  const names = new Names<PolicyPlan>(context, 'policy');
  for (const [index, policy] of policies.entries()) {
    const { name, shares, reservation, limit, require } = policy;
    const path = ['policies', index];
    const needs = require === undefined ? {} : { require: given(require) };
    names.add(name, { name, shares, reservation, limit, ...needs }, [...path, 'name']);
    if (limit > 0 && reservation > limit) {
      context.report(path, `reservation ${reservation} is above limit ${limit}`);
    }
  }
  return new Map([...PRESETS.map((preset) => [preset.name, preset] as const), ...names]);
}

/** Requirements without those that were left out. */
function given(require: NonNullable<Scenario['policies'][number]['require']>): Requirements {
  const { thin, disk, redundant, protected: isProtected, offload, health } = require;
  return {
    ...(thin === undefined ? {} : { thin }),
    ...(disk === undefined ? {} : { disk }),
    ...(redundant === undefined ? {} : { redundant }),
    ...(isProtected === undefined ? {} : { protected: isProtected }),
    ...(offload === undefined ? {} : { offload }),
    ...(health === undefined ? {} : { health }),
  };
}
