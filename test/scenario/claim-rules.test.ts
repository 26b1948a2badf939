import { describe, expect, test } from 'vitest';
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { LEAST, planOf, problemsOf } from './helpers.js';

const S = 1e9;
/** The least scenario with a guest that reads all the time. */
const BUSY = LEAST.replace(
  '{ name: vm1 }',
  '{ name: vm1, disks: [{ size: 10GiB, kind: eagerThick }], workloads: [{ rw: randread, bs: 8KiB, iodepth: 4 }] }',
);
const rules = (text: string): string => `${BUSY}claimRules: [${text}]\n`;

describe('claim rules', () => {
  test('words and numbers of policies and array types become numbers', () => {
    const [rule] = planOf(
      rules(
        "{ number: 150, satp: VMW_SATP_ALUA, satpParams: { alua_followover: 'off' }, psp: VMW_PSP_RR, params: { policy: latency, samplingCycles: 8 } }",
      ),
    ).claimRules;
    expect(rule).toMatchObject({
      plugin: 'NMP',
      satp: 'VMW_SATP_ALUA',
      satpParams: { explicit_allow: 0, alua_followover: 1, action_OnRetryErrors: 0 },
      psp: 'VMW_PSP_RR',
      pspParams: { policy: 3, samplingCycles: 8, latencyEvalTime: 180_000 },
    });
  });

  test('a latency-sensitive threshold is HPP’s alone', () => {
    const text = '{ number: 150, plugin: HPP, latencyThreshold: 500us }';
    expect(planOf(rules(text)).claimRules[0]?.latencyThresholdNs).toBe(500_000);
    expect(problemsOf(rules('{ number: 150, latencyThreshold: 500us }'))[0]).toContain(
      'plug-in NMP has no "latencyThreshold"',
    );
  });

  test.each([
    ['{ number: 150, plugin: HPP, pss: LB-IOPS, params: { iops: 7 } }', 'HPP', '{iops=7;}'],
    ['{ number: 150, plugin: HPP }', 'HPP', '{iops=1000;bytes=10485760;}'],
    [
      '{ number: 150, plugin: LEAST_QUEUED, params: { retries: 2 } }',
      'LEAST_QUEUED',
      '{retries=2;queues=0,0,0,0,0,0,0,0}',
    ],
  ])('%s', (text, plugin, pspConfig) => {
    const simulation = new Simulation(planOf(rules(text)));
    expect(simulation.deviceStatus('esx1', 'lun0')).toMatchObject({ plugin, pspConfig });
    const device = simulation.entities.find(({ scope }) => scope === 'device');
    expect(device?.labels.plugin).toBe(plugin);
    simulation.runUntil(2 * S);
    expect(simulation.totals().errors).toBe(0);
    expect(simulation.totals().reads + simulation.totals().writes).toBeGreaterThan(100);
  });

  test('local flash and NVMe are HPP’s unless a rule says otherwise', () => {
    const local = LEAST.replace(
      '[{ name: esx1 }]',
      '[{ name: esx1, localDisks: [{ name: fast, size: 10GiB, disk: nvme }, { name: slow, size: 10GiB, disk: hdd }] }]',
    );
    const simulation = new Simulation(planOf(local));
    expect(simulation.deviceStatus('esx1', 'fast')).toMatchObject({ plugin: 'HPP', psp: 'LB-RR' });
    expect(simulation.deviceStatus('esx1', 'slow')).toMatchObject({
      plugin: 'NMP',
      satp: 'VMW_SATP_LOCAL',
    });
  });

  test('an active/passive array gets its array type', () => {
    const text = LEAST.replace('name: array1', 'name: array1\n    access: active-passive');
    const simulation = new Simulation(planOf(text));
    expect(simulation.deviceStatus('esx1', 'lun0')).toMatchObject({
      satp: 'VMW_SATP_DEFAULT_AP',
      psp: 'VMW_PSP_MRU',
    });
    simulation.runUntil(1 * S);
    expect(simulation.totals().errors).toBe(0);
  });

  test('problems name what is wrong', () => {
    expect(problemsOf(rules('{ number: 150, plugin: POWERPATH }'))[0]).toContain(
      'there is no plug-in "POWERPATH"',
    );
    expect(problemsOf(rules('{ number: 150, plugin: HPP, psp: VMW_PSP_RR }'))[0]).toContain(
      'plug-in HPP has no "psp" | it has pss, latencyThreshold, params',
    );
    expect(
      problemsOf(rules('{ number: 150, plugin: MASK_PATH, params: { a: 1 } }')).join(),
    ).toContain('plug-in MASK_PATH has no "params" | it takes no settings');
    expect(
      problemsOf(rules('{ number: 150, plugin: HPP, pss: LB-IOPS, params: { iops: 20000 } }'))[0],
    ).toContain('1 to 10000');
    expect(
      problemsOf(rules('{ number: 150, psp: VMW_PSP_RR, params: { policy: speed } }'))[0],
    ).toContain('one of rr, iops, bytes, latency');
  });
});

describe('what an administrator does', () => {
  const build = (): Simulation =>
    new Simulation(planOf(rules('{ number: 150, psp: VMW_PSP_MRU }')));

  test('paths: off, on, rank, and their history', () => {
    const simulation = build();
    const [first, second] = simulation.entities.filter(({ scope }) => scope === 'path');
    simulation.command({ kind: 'path', host: 'esx1', path: first.name, state: 'off' });
    simulation.runUntil(1 * S);
    simulation.command({ kind: 'path', host: 'esx1', path: first.name, state: 'on' });
    simulation.runUntil(2 * S);
    expect(simulation.pathHistory('esx1', first.name).map(({ at, what }) => [at, what])).toEqual([
      [0, 'active -> off'],
      [1 * S, 'off -> dead'],
      [expect.any(Number), 'dead -> active'],
    ]);
    expect(simulation.deviceStatus('esx1', 'lun0').workingPaths).not.toEqual([first.name]);
    simulation.command({ kind: 'rank', host: 'esx1', path: first.name, rank: 1 });
    expect(simulation.deviceStatus('esx1', 'lun0').workingPaths).toEqual([first.name]);
    expect(simulation.pathHistory('esx1', second.name)).toEqual([]);
    expect(() => simulation.pathHistory('esx1', 'vmhba9:C0:T0:L0')).toThrow('vmhba9');
  });

  test('devices: a device in use stays; unknown names are told', () => {
    const simulation = build();
    simulation.runUntil(1 * S);
    expect(() =>
      simulation.command({ kind: 'device', host: 'esx1', device: 'lun0', state: 'off' }),
    ).toThrow('in use');
    expect(() => simulation.command({ kind: 'rescan', host: 'esx9' })).toThrow('esx9');
    simulation.command({ kind: 'rescan', host: 'esx1' });
    simulation.runUntil(2 * S);
    expect(simulation.totals().errors).toBe(0);
  });
});
