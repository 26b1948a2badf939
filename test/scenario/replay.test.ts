/** A trace played on a scenario of one's own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { planReplay } from '../../src/scenario/replay.js';
import { LEAST } from './helpers.js';

const folder = mkdtempSync(join(tmpdir(), 'vmtop-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  'operations: [{ at: 5m, create: { datastore: prod, name: new, size: 1GiB } }]',
  'backups: [{ at: 5m, vm: vm1 }]',
  'changes: [{ at: 5m, vm: vm1, shares: 500 }]',
])('goes on until what the scenario plans: %s', (timeline) => {
  const trace = join(folder, 'short.csv');
  // MSR Cambridge: time in 100 ns, host, disk, kind, offset, bytes, response time.
  writeFileSync(trace, '128166372003061629,hm,0,Read,8192,4096,1000\n'.repeat(2));
  const scenario = join(folder, 'mine.yaml');
  writeFileSync(scenario, `${LEAST}${timeline}\n`);
  const { plan } = planReplay({ trace, scenario });
  expect(plan.durationNs).toBeGreaterThanOrEqual(300e9);
  expect(plan.changes.map(({ atNs }) => atNs)).toEqual([300e9]);
});
