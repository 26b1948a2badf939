import { describe, expect, it } from 'vitest';
import type { FaultPlan, Plan } from '../../src/engine/plan/plan.js';
import { runTrial, type TrialResult } from '../../src/engine/simulation/swarm/trial.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';

/** What the swarm has found, each as the least run that shows it. */

const SECOND = 1e9;

function planOf(hosts: string, jobs: string, array = '', lun = 'thin: false'): Plan {
  const yaml = `
duration: 400s
arrays:
  - { name: a, ${array} luns: [{ name: lun0, size: 3GiB, ${lun} }] }
hosts: [{ name: esx1, ${hosts} }]
datastores: [{ name: prod, extents: a/lun0 }]
vms:
  - name: vm1
    memory: 16MiB
    disks: [{ size: 64MiB, kind: ${lun === 'thin: true' ? 'thin' : 'eagerThick'} }]
    workloads: { size: 1MiB, rw: randrw, verify: true, ${jobs} }
`;
  const { source, text } = parseScenario(yaml, 'found.yaml');
  return planScenario(source, text);
}

function run(
  plan: Plan,
  healNs: number,
  faults: readonly Partial<FaultPlan>[],
): Pick<TrialResult, 'problems' | 'errors'> {
  const full = faults.map((fault) => ({ params: {}, untilNs: healNs, ...fault }) as FaultPlan);
  const { problems, errors } = runTrial({
    seed: 1,
    kind: 'masked',
    plan: { ...plan, faults: full },
    healNs,
    stopNs: healNs + SECOND,
  });
  return { problems, errors };
}

const WELL = { problems: [], errors: 0 };

describe('found by the swarm', () => {
  it('a switch that fails twice at once, as a whole and in part, is mended as a whole', () => {
    const plan = planOf('adapters: [{ driver: qlnativefc }]', 'iodepth: 2, thinktime: 5ms');
    const switchLoss = { fault: 'switch-loss', target: 'fc-A' };
    const faults = [
      { ...switchLoss, params: { share: 1 }, atNs: SECOND, untilNs: 2 * SECOND },
      { ...switchLoss, params: { share: 0.01 }, atNs: 1.5 * SECOND, untilNs: 3 * SECOND },
    ];
    expect(run(plan, 3 * SECOND, faults)).toEqual(WELL);
  });

  it('an adapter may be pulled out again before its last command has come back', () => {
    const plan = planOf('adapters: [{ driver: bnx2fc }]', 'iodepth: 32');
    const removal = { fault: 'adapter-removal', target: 'esx1/vmhba1' };
    // Answers are a few hundred microseconds away: some are under way all the time.
    const faults = [0, 20e3, 40e3, 60e3].map((later) => ({
      ...removal,
      atNs: SECOND + later,
      untilNs: SECOND + later + 10e3,
    }));
    expect(run(plan, 2 * SECOND, faults)).toEqual(WELL);
  });

  it('a connection that may come back is waited for, however short the retry period', () => {
    const plan = planOf(
      'adapters: [{ driver: lpfc, timers: { deviceLoss: 30s } }], settings: { Disk.DiskRetryPeriod: 500 }',
      'iodepth: 2, thinktime: 5ms',
    );
    // 30 tries of half a second would end before the driver's device loss time-out.
    const faults = [{ fault: 'link-down', target: 'esx1/vmhba1', atNs: SECOND }];
    expect(run(plan, 60 * SECOND, faults)).toEqual(WELL);
  });

  it('a command that has long waited for its link may still meet a unit attention', () => {
    // Meanwhile the pool crosses its soft threshold: the first write that gets through hears of it.
    const plan = planOf(
      'adapters: [{ driver: lpfc, timers: { deviceLoss: 30s } }]',
      'iodepth: 2, thinktime: 5ms',
      '',
      'thin: true',
    );
    const faults = [
      { fault: 'link-down', target: 'esx1/vmhba1', atNs: SECOND },
      { fault: 'fill-pool', target: 'a/pool1', atNs: 10 * SECOND, params: { leave: 512 << 20 } },
    ];
    expect(run(plan, 25 * SECOND, faults)).toEqual(WELL);
  });

  it('a command cut into more pieces than the target port takes still ends', () => {
    const plan = planOf(
      'adapters: [{ driver: iscsi_vmk }]',
      'iodepth: 4, thinktime: 5ms, bs: 512k',
      'transport: iscsi, controllers: 1, ports: 1, portQueueDepth: 2,',
    );
    expect(run(plan, SECOND, [])).toEqual(WELL);
  });
});
