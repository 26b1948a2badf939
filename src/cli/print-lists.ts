import { formatParam } from '../engine/core/params.js';
import { TRACE_FORMATS } from '../engine/formats/trace/index.js';
import { SETTINGS } from '../engine/stack/settings.js';
import { views } from '../engine/views/index.js';
import { formatTable } from '../output/table.js';
import { bundledScenarios } from '../scenario/bundled.js';
import { CATALOGUES, type CatalogueEntry } from '../scenario/catalogues.js';
import { openScenario } from '../scenario/load.js';
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

/** `vmtop list`. */
export async function printLists(names: readonly ListName[]): Promise<void> {
  const texts = names.map((name) =>
    formatTable(LISTS[name](), [
      { title: name, align: 'left', text: (line) => line.name },
      { title: '', align: 'left', text: (line) => line.summary },
    ]),
  );
  process.stdout.write(`${texts.join('\n\n')}\n`);
}
