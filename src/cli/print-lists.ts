import { InputError } from '../engine/core/errors.js';
import { formatParam } from '../engine/core/params.js';
import { TRACE_FORMATS } from '../engine/formats/trace/index.js';
import { SETTINGS } from '../engine/stack/settings.js';
import { views } from '../engine/views/index.js';
import { formatTable } from '../output/table.js';
import { bundledScenarios } from '../scenario/bundled.js';
import { CATALOGUES, type CatalogueEntry } from '../scenario/catalogues.js';
import { openScenario } from '../scenario/load.js';
import { suggest } from '../scenario/suggest.js';
import { WORKLOAD_PROFILES } from '../scenario/workload-profiles.js';
import type { ListName } from './commands/list.js';

interface Line {
  readonly name: string;
  readonly summary: string;
}

const LISTS: Readonly<Record<ListName, () => Line[]>> = {
  scenarios: () =>
    bundledScenarios().map((name) => ({ name, summary: openScenario(name).text.title ?? '' })),
  faults: () =>
    CATALOGUES.faults.flatMap((fault) =>
      withParams(fault, `on ${article(fault.target)} ${fault.target}: ${fault.summary}`),
    ),
  devices: () => CATALOGUES.devices.flatMap((device) => withParams(device, device.summary)),
  drivers: () => CATALOGUES.drivers.map(({ name, summary }) => ({ name, summary })),
  policies: () => [
    ...[...CATALOGUES.satps, ...CATALOGUES.psps, ...CATALOGUES.psss, ...CATALOGUES.plugins].flatMap(
      (policy) => withParams(policy, policy.summary),
    ),
  ],
  settings: () =>
    Object.entries(SETTINGS).map(([name, { help, unit, default: initial }]) => ({
      name,
      summary: `${help} [${initial}${unit === 'flag' || unit === 'count' ? '' : ` ${unit}`}]`,
    })),
  workloads: () => WORKLOAD_PROFILES.map(({ name, summary }) => ({ name, summary })),
  thresholds: thresholdLines,
  formats: () => TRACE_FORMATS.map(({ name, summary }) => ({ name, summary })),
};

/** Columns with limits, by the pair of limits; the unit is the column's. */
function thresholdLines(): Line[] {
  const screens = new Map<string, string[]>();
  for (const { name, fields } of views) {
    for (const { id, level, unit = '' } of fields) {
      const [warn, critical] = level?.limits ?? [];
      if (warn === undefined) continue;
      const line = `${id}\n${`* from ${warn} ${unit}`.trim()}, ${`! from ${critical} ${unit}`.trim()}`;
      screens.set(line, [...(screens.get(line) ?? []), name]);
    }
  }
  return [...screens].map(([line, names]) => {
    const [name = '', limits = ''] = line.split('\n');
    return { name, summary: `${limits} (${names.join(', ')})` };
  });
}

const article = (noun: string): string => (/^[aeiou]/.test(noun) ? 'an' : 'a');

/** An entry and, indented under it, its settings. */
function withParams({ name, params }: CatalogueEntry, summary: string): Line[] {
  const settings = Object.entries(params).map(([setting, param]) => ({
    name: `  ${setting}`,
    summary: `${param.help} [${formatParam(param, param.initial)}]`,
  }));
  return [{ name, summary }, ...settings];
}

/** Names of a list's entries, without their settings. */
export function namesIn(list: ListName): string[] {
  return LISTS[list]().flatMap(({ name }) => (name.startsWith(' ') ? [] : [name]));
}

/** The entry of that name and, if it has any, its settings below it. */
function entryOf(list: ListName, entry: string): Line[] {
  const lines = LISTS[list]();
  const from = lines.findIndex(({ name }) => name === entry);
  if (from < 0) {
    const message = `there is no "${entry}" among the ${list}`;
    throw InputError.of('', message, suggest(entry, namesIn(list)));
  }
  const next = lines.findIndex(({ name }, index) => index > from && !name.startsWith(' '));
  return lines.slice(from, next < 0 ? undefined : next);
}

/**
 * `vmtop list`.
 * @param entry one entry of the one list, instead of all
 */
export async function printLists(names: readonly ListName[], entry?: string): Promise<void> {
  const texts = names.map((name) =>
    formatTable(entry === undefined ? LISTS[name]() : entryOf(name, entry), [
      { title: name, align: 'left', text: (line) => line.name },
      { title: '', align: 'left', text: (line) => line.summary },
    ]),
  );
  process.stdout.write(`${texts.join('\n\n')}\n`);
}
