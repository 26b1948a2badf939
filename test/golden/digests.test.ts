import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { bundledScenarios } from '../../src/scenario/bundled.js';
import { loadScenario } from '../../src/scenario/load.js';

/**
 * Runs whose results are written down. They change only when the model does: look at the change,
 * then write the new ones with `npm run golden`. `npm run nodes` compares them between Nodes.
 */
interface Golden {
  readonly scenario: string;
  readonly seconds: number;
  readonly seed: number;
  readonly digest: string;
  readonly commands: number;
}

const FILE = fileURLToPath(new URL('../../fixtures/golden/digests.json', import.meta.url));
const update = process.env.UPDATE_GOLDEN !== undefined;
const written = JSON.parse(readFileSync(FILE, 'utf8')) as Golden[];
/** Scenarios of which nothing is written down yet, and their first seconds. */
const missing = bundledScenarios()
  .filter((name) => !written.some(({ scenario }) => scenario === name))
  .map((scenario): Golden => {
    const { seed } = loadScenario(scenario);
    return { scenario, seconds: 5, seed, digest: 'none', commands: 0 };
  });
const goldens = [...written, ...missing];
const found: Golden[] = [];

afterAll(() => {
  if (!update) return;
  const lines = found.map((golden) => `  ${JSON.stringify(golden)}`);
  writeFileSync(FILE, `[\n${lines.join(',\n')}\n]\n`);
});

describe('golden digests', () => {
  it.each(goldens)('$scenario, $seconds s, seed $seed', (golden) => {
    const { scenario, seconds, seed } = golden;
    const simulation = new Simulation(loadScenario(scenario, { seed }));
    simulation.runUntil(seconds * 1e9);
    const { reads, writes, others } = simulation.totals();
    const now = { scenario, seconds, seed, digest: simulation.digest() };
    found.push({ ...now, commands: reads + writes + others });
    if (!update) expect(found[found.length - 1]).toEqual(golden);
  });
});
