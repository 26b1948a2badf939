import type { ClaimRulePlan } from '../../engine/plan/plan.js';
import type { CatalogueEntry } from '../catalogues.js';
import type { ClaimRuleText, Scenario } from '../schema.js';
import type { Path } from '../source.js';
import { type Context, Names } from './context.js';

/** Keys of a rule that only some plug-ins have. */
const KEYS = ['satp', 'satpParams', 'psp', 'pss', 'latencyThreshold', 'params'] as const;
const KEYS_OF: Readonly<Record<string, readonly string[]>> = {
  NMP: ['satp', 'satpParams', 'psp', 'params'],
  HPP: ['pss', 'latencyThreshold', 'params'],
  MASK_PATH: [],
};
/** Plug-ins from outside have settings of their own, and nothing else. */
const OTHERS = ['params'];

const OWN: readonly CatalogueEntry[] = [
  { name: 'NMP', summary: '', params: {} },
  { name: 'HPP', summary: '', params: {} },
  { name: 'MASK_PATH', summary: '', params: {} },
];

const byName = <T extends { readonly name: string }>(entries: readonly T[]): Map<string, T> =>
  new Map(entries.map((entry) => [entry.name, entry]));

export function planClaimRules(context: Context, scenario: Scenario): ClaimRulePlan[] {
  const numbers = new Names<ClaimRulePlan>(context, 'claim rule');
  for (const [index, rule] of scenario.claimRules.entries()) {
    const path = ['claimRules', index];
    const plan = planRule(context, rule, path);
    if (plan !== undefined) numbers.add(String(rule.number), plan, [...path, 'number']);
  }
  return [...numbers.values()].sort((a, b) => a.number - b.number);
}

function planRule(context: Context, rule: ClaimRuleText, path: Path): ClaimRulePlan | undefined {
  const { catalogues } = context;
  const plugins = byName([...OWN, ...catalogues.plugins]);
  const plugin = context.find(plugins, rule.plugin, [...path, 'plugin'], 'plug-in');
  if (plugin === undefined) return undefined;
  const allowed = KEYS_OF[plugin.name] ?? OTHERS;
  for (const key of KEYS) {
    if (rule[key] === undefined || allowed.includes(key)) continue;
    const hint = allowed.length === 0 ? 'it takes no settings' : `it has ${allowed.join(', ')}`;
    context.report([...path, key], `plug-in ${plugin.name} has no "${key}"`, hint);
  }
  const named = (entries: readonly CatalogueEntry[], name: string | undefined, key: string) =>
    name === undefined
      ? undefined
      : context.find(byName(entries), name, [...path, key], key.toUpperCase());
  const satp = named(catalogues.satps, rule.satp, 'satp');
  const psp = named(catalogues.psps, rule.psp, 'psp');
  const pss = named(catalogues.psss, rule.pss, 'pss');
  if (rule.satp !== undefined && satp === undefined) return undefined;
  const takesParams = psp ?? pss ?? plugin;
  return {
    number: rule.number,
    vendor: rule.vendor,
    model: rule.model,
    transport: rule.transport,
    plugin: plugin.name,
    satp: satp?.name,
    satpParams: context.params(satp?.params ?? {}, rule.satpParams ?? {}, [...path, 'satpParams']),
    psp: (psp ?? pss)?.name,
    pspParams: context.params(takesParams.params, rule.params ?? {}, [...path, 'params']),
    ...(rule.latencyThreshold ? { latencyThresholdNs: rule.latencyThreshold } : {}),
  };
}
