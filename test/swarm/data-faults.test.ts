import { describe, expect, it } from 'vitest';
import type { FaultPlan } from '../../src/engine/plan/plan.js';
import { runTrial, type TrialResult } from '../../src/engine/simulation/swarm/trial.js';
import { DATA_FAULTS } from '../../src/engine/simulation/swarm/weather.js';
import { formatSwarm } from '../../src/output/swarm.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';

const SECOND = 1e9;

/** One guest, on a LUN or on an NFS server, that spoils data for a second. */
function run(fault: string, target: string, rate: number): TrialResult {
  const yaml = `
duration: 5s
arrays: [{ name: a, luns: [{ name: lun0, size: 3GiB }] }]
nfsServers: [{ name: filer1, capacity: 1GiB }]
hosts: [{ name: esx1, adapters: [{ driver: qlnativefc }] }]
datastores: [{ name: vmfs, extents: a/lun0 }, { name: nfs, server: filer1 }]
vms:
  - name: vm1
    memory: 16MiB
    disks: [{ size: 64MiB, kind: thin, datastore: ${target === 'filer1' ? 'nfs' : 'vmfs'} }]
    workloads: { size: 1MiB, rw: randrw, verify: true, iodepth: 2, thinktime: 2ms }
`;
  const { source, text } = parseScenario(yaml, 'data.yaml');
  const healNs = 2 * SECOND;
  const strike: FaultPlan = { fault, target, params: { rate }, atNs: SECOND, untilNs: healNs };
  const plan = { ...planScenario(source, text), faults: [strike] };
  return runTrial({ seed: 1, kind: 'data', plan, healNs, stopNs: healNs + SECOND });
}

describe.each(['a/lun0', 'filer1'])('data spoilt on %s', (target) => {
  it.each(DATA_FAULTS)('%s is noticed', (fault) => {
    const { strikes, violations, problems } = run(fault, target, 0.05);
    expect(strikes).toBeGreaterThan(10);
    expect(violations).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });
});

describe('data nobody reads', () => {
  /**
   * Seed 555 of an earlier swarm: the answer to a torn write was lost with its adapter, and the same
   * write, sent again, mended what the first had spoilt before anything was read. There is nothing
   * to notice, and the summary says so.
   */
  it('cannot be noticed, and is told apart', () => {
    const result = run('torn-write', 'a/lun0', 0.05);
    const counts = { strikes: 1, violations: 0, spoiltReads: 0, problems: [] };
    const text = formatSwarm([result, { ...result, ...counts }]);
    expect(text).toContain('noticed in 1 of 2 runs');
    expect(text).toContain('in 1 it was written again before anybody read it');
    expect(formatSwarm([result])).not.toContain('before anybody');
  });
});
