import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/engine/plan/plan.js';
import { Vmhba } from '../../src/engine/stack/adapter/vmhba.js';
import { planOf } from '../scenario/helpers.js';
import { closeLedgers, Ledger } from './ledger.js';
import { fieldOf, MS, Run, SECOND, sumOf } from './support.js';

closeLedgers();

/** A host with a native and an emulated driver, all paths equal. */
function hybrid(stopNs: number): Plan {
  const plan = planOf(`
duration: 60s
arrays:
  - name: array1
    access: active-active
    luns: [{ name: lun0, size: 100GiB }]
hosts:
  - name: esx1
    adapters: [{ driver: qlnativefc }, { driver: qla2xxx, lunQueueDepth: 2 }]
claimRules: [{ number: 110, psp: VMW_PSP_RR, params: { iops: 1 } }]
datastores: [{ name: prod, extents: array1/lun0 }]
vms:
  - name: vm1
    disks: [{ size: 50GiB, kind: eagerThick }]
    workloads: { rw: randrw, rwmixread: 70, bs: 16k, iodepth: 32 }
`);
  return { ...plan, jobs: plan.jobs.map((job) => ({ ...job, stopNs })) };
}

const vmhbaOf = (run: Run, name: string): Vmhba =>
  run.sim.layers.find((layer) => layer instanceof Vmhba && layer.name.endsWith(name)) as Vmhba;

describe('a host with drivers of both families', () => {
  it('uses both; the emulated one costs more per command and turns some away', () => {
    const ledger = new Ledger();
    const run = new Run(hybrid(SECOND));
    expect(run.drain(3 * SECOND)).toBeDefined();
    expect([ledger.problems, ledger.missing]).toEqual([[], 0]);
    const sample = run.simulation.sample();
    const cost = (module: string): number => {
      const driver = run.entities('driver', { module })[0]!;
      const commands = fieldOf(sample, driver, 'reads') + fieldOf(sample, driver, 'writes');
      expect(commands).toBeGreaterThan(1_000);
      return fieldOf(sample, driver, 'busyNs') / commands;
    };
    // 2 us and 4.5 us without waiting, and at most an interrupt of 1 us.
    expect(cost('qlnativefc')).toBeGreaterThan(2_000);
    expect(cost('qlnativefc')).toBeLessThanOrEqual(3_000);
    expect(cost('qla2xxx')).toBeGreaterThan(4_500);
    // Two commands per device and path: half of 32 over four ports do not fit.
    expect(fieldOf(sample, run.entity('adapter', 'vmhba2'), 'blocked')).toBeGreaterThan(0);
    expect(fieldOf(sample, run.entity('adapter', 'vmhba1'), 'blocked')).toBe(0);
  });

  it('counts the same for an adapter and for its paths', () => {
    const run = new Run(hybrid(SECOND));
    run.simulation.runUntil(SECOND / 2);
    const sample = run.simulation.sample();
    for (const adapter of run.entities('adapter')) {
      const paths = run.entities('path', { adapter: adapter.name });
      for (const field of ['issued', 'errors', 'queued']) {
        expect(sumOf(sample, paths, field), field).toBe(fieldOf(sample, adapter, field));
      }
    }
  });

  it.each(['vmhba1', 'vmhba2'])('loses no command when %s is taken out and put back', (name) => {
    for (const surprise of [true, false]) {
      const ledger = new Ledger();
      const run = new Run(hybrid(SECOND));
      const vmhba = vmhbaOf(run, name);
      run.simulation.runUntil(200 * MS);
      if (surprise) vmhba.surpriseRemove('test');
      else expect(vmhba.detach('test')).toBeUndefined();
      run.simulation.runUntil(300 * MS);
      const states = run.of('path.state', name).map(({ what }) => what);
      expect(states).toEqual(Array(4).fill('active -> dead'));
      const other = vmhbaOf(run, name === 'vmhba1' ? 'vmhba2' : 'vmhba1');
      expect(other.detach('test')).toMatch(/has no other path/);
      vmhba.insert('test');
      expect(run.drain(4 * SECOND)).toBeDefined();
      expect([ledger.problems, ledger.missing, ledger.failed]).toEqual([[], 0, 0]);
      const back = run.of('path.state', name).slice(4);
      expect(back.map(({ what }) => what)).toEqual(Array(4).fill('dead -> active'));
    }
  });
});
