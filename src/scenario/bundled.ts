import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../engine/core/errors.js';
import { suggest } from './suggest.js';

/** Scenario that others are built around; not listed. */
export const REPLAY_SCENARIO = 'replay';

/** The package's own folder: the nearest one upward whose package.json is vmtop's. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
      if (name === 'vmtop') return folder;
    }
    const parent = dirname(folder);
    if (parent === folder) {
      throw InputError.of('', "vmtop's own files are missing", 'install the package again');
    }
    folder = parent;
  }
}

const scenarioFolder = (): string => join(packageFolder(), 'fixtures', 'scenarios');

/** Names of the bundled scenarios, `default` first. */
export function bundledScenarios(): string[] {
  return readdirSync(scenarioFolder())
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .filter((name) => name !== REPLAY_SCENARIO)
    .sort((a, b) => Number(b === 'default') - Number(a === 'default') || (a < b ? -1 : 1));
}

/**
 * The file a person means by SCENARIO: a bundled name, or a path.
 * @throws InputError when it is neither
 */
export function findScenario(scenario: string): string {
  const bundled = join(scenarioFolder(), `${scenario}.yaml`);
  if (/^[\w-]+$/.test(scenario) && existsSync(bundled)) return bundled;
  if (existsSync(scenario) || /[/\\]|\.ya?ml$/.test(scenario)) return scenario;
  throw InputError.of(
    '',
    `there is no bundled scenario and no file "${scenario}"`,
    suggest(scenario, bundledScenarios()),
  );
}
