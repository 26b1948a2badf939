import { describe, expect, it } from 'vitest';
import type { AdapterPlan } from '../../src/engine/plan/plan.js';
import { LEAST, planOf, problemsOf } from './helpers.js';

const withAdapter = (adapter: string): string =>
  LEAST.replace('{ name: esx1 }', `{ name: esx1, adapters: [${adapter}] }`);

const planned = (adapter: string): AdapterPlan =>
  planOf(withAdapter(adapter)).hosts[0]!.adapters[0]!;

describe('adapters of a scenario', () => {
  it('neither merge nor order unless told to', () => {
    const plan = planned('{ driver: qlnativefc }');
    expect(plan.merge).toBe(false);
    expect(plan.order).toEqual({ order: 'none', params: {} });
    expect(plan.coalesce).toBeUndefined();
    expect(plan.timers).toEqual({ deviceLoss: 10e9 });
    expect(planned('{ driver: qlnativefc, merge: false }').merge).toBe(false);
  });

  it('merge within the limits of their family, or those given', () => {
    expect(planned('{ driver: qlnativefc, merge: true }').merge).toEqual({
      maxBytes: 1280 * 1024,
      maxSegments: 128,
    });
    expect(planned('{ driver: qla2xxx, merge: true }').merge).toMatchObject({
      maxBytes: 512 * 1024,
    });
    const limits = planned('{ driver: qlnativefc, merge: { maxSize: 64KiB, segments: 4 } }');
    expect(limits.merge).toEqual({ maxBytes: 65_536, maxSegments: 4 });
  });

  it('order by name, or with settings', () => {
    expect(planned('{ driver: lpfc, order: deadline }').order).toEqual({
      order: 'deadline',
      params: {
        readExpire: 500e6,
        writeExpire: 5e9,
        fifoBatch: 16,
        writesStarved: 2,
        frontMerges: 1,
      },
    });
    const tuned = planned('{ driver: lpfc, order: { order: deadline, readExpire: 50ms } }');
    expect(tuned.order.params.readExpire).toBe(50e6);
  });

  it('interrupt and time out as told', () => {
    const plan = planned(
      '{ driver: lpfc, coalesce: { time: 50us, count: 8 }, timers: { deviceLoss: 5s } }',
    );
    expect(plan.coalesce).toEqual({ maxNs: 50_000, maxCount: 8, adaptive: false });
    expect(plan.timers).toEqual({ deviceLoss: 5e9 });
  });

  it('get the driver that binds to their PCI device', () => {
    expect(planned("{ pci: '1077:2532' }").driver).toBe('qlnativefc');
    expect(planned("{ pci: '1077:2422' }")).toMatchObject({
      driver: 'qla2xxx',
      family: 'vmklinux',
    });
  });

  it('are called after their slots: a given name stays with its slot, others go by address', () => {
    const yaml = withAdapter(
      "{ driver: lpfc, slot: '0000:5e:00.0' }, { driver: lpfc, slot: '0000:3b:00.1' }, " +
        "{ driver: lpfc, slot: '0000:3b:00.0', name: vmhba1 }",
    );
    const names = planOf(yaml).hosts[0]!.adapters.map(({ name }) => name);
    expect(names).toEqual(['vmhba2', 'vmhba0', 'vmhba1']);
  });

  it('say what is wrong with them', () => {
    const problems = (adapter: string): string => problemsOf(withAdapter(adapter)).join('\n');
    expect(problems('{ driver: lpfc, order: dedline }')).toContain('there is no order "dedline"');
    expect(problems('{ driver: lpfc, order: { order: deadline, fifoBatch: 0 } }')).toContain(
      'fifoBatch',
    );
    expect(problems('{ driver: lpfc, timers: { nopTimeout: 5s } }')).toContain('nopTimeout');
    expect(problems('{ driver: lpfc, merge: maybe }')).toContain('merge');
    expect(problems('{ lunQueueDepth: 8 }')).toContain('exactly one of driver and pci');
    expect(problems("{ pci: 'dead:beef' }")).toContain('no driver claims this device');
    expect(problems("{ pci: 'qlogic' }")).toContain('expected a PCI device');
  });
});
