import { expect, it } from 'vitest';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { fieldOf, Run, SECOND } from './support.js';

const TEXT = `
duration: 60s
arrays: [{ name: array1, luns: [{ name: lun, count: 2, size: 4GiB }] }]
hosts: [{ name: esx1 }]
datastores: [{ name: one, extents: array1/lun0 }]
vms: [{ name: web, memory: 16MiB, disks: [{ size: 64MiB }] }]
changes:
  - { at: 1s, device: array1/lun1, perennial: true }
  - { at: 20s, device: array1/lun1, perennial: false }
`;

/** Commands without data that both LUNs have had. */
function asked(run: Run): number[] {
  const sample = run.simulation.sample(false);
  return run.entities('lun').map((own) => fieldOf(sample, own, 'others'));
}

it('a rescan leaves devices alone that are flagged as perennially reserved', () => {
  const { source, text } = parseScenario(TEXT, 'perennial.yaml');
  const run = new Run(planScenario(source, text));
  const { simulation } = run;
  simulation.runUntil(10 * SECOND);
  const before = asked(run);
  simulation.command({ kind: 'rescan', host: 'esx1' });
  simulation.runUntil(15 * SECOND);
  const first = asked(run);
  const flags = (): number[] => {
    const sample = run.simulation.sample(false);
    return run.entities('device').map((own) => fieldOf(sample, own, 'perennial'));
  };
  expect(flags()).toEqual([0, 1]);
  expect(first[0]).toBeGreaterThan(before[0]!);
  expect(first[1]).toBe(before[1]);
  simulation.runUntil(25 * SECOND);
  expect(flags()).toEqual([0, 0]);
  simulation.command({ kind: 'rescan', host: 'esx1' });
  simulation.runUntil(30 * SECOND);
  expect(asked(run)[1]).toBeGreaterThan(first[1]!);
});
