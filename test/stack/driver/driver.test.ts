import { describe, expect, test } from 'vitest';
import { Sim } from '../../../src/engine/core/sim.js';
import { INTERRUPT_NS } from '../../../src/engine/stack/driver/family.js';
import { createDriver } from '../../../src/engine/stack/driver/index.js';
import {
  DRIVER_MODULES,
  driverModule,
  moduleOf,
} from '../../../src/engine/stack/driver/modules.js';
import { fillColumn } from '../../rows.js';
import { adapterPlan, FakeLun, FakeNexus, type Seen, Source } from '../psa/host.js';

function build(plan = adapterPlan(), serviceNs = 50_000) {
  const sim = new Sim(1, 4096);
  const lun = new FakeLun(sim, [0]);
  lun.serviceNs = serviceNs;
  const seen: Seen[] = [];
  const nexus = new FakeNexus(sim, lun, 0, seen, 0);
  const driver = createDriver(sim, { host: 'esx1', adapter: plan });
  const source = new Source(sim, driver);
  const send = (): void => {
    // The route the multipathing layer would have set.
    fillColumn(sim.requests, sim.requests.nexus, nexus.index);
    source.send(source.issued);
  };
  const field = (name: string): number => driver.entity.values[driver.entity.slot(name)];
  return { sim, driver, source, send, field };
}

describe('a driver', () => {
  test('native: one microsecond each way', () => {
    const { sim, source, send } = build();
    send();
    sim.runUntil(1e9);
    expect(source.done[0].at).toBe(1_000 + 50_000 + 1_000);
  });

  test('vmklinux: 2.5 us down and 2 us up', () => {
    const { sim, source, send } = build(adapterPlan({ driver: 'qla2xxx', family: 'vmklinux' }));
    send();
    sim.runUntil(1e9);
    expect(source.done[0].at).toBe(2_500 + 50_000 + 2_000);
  });

  test('native queues do not wait for one another, vmklinux commands take the lock in turn', () => {
    const native = build();
    for (let count = 0; count < 4; count++) native.send();
    native.sim.runUntil(1e9);
    expect(native.source.done.map(({ at }) => at)).toEqual([52_000, 52_000, 52_000, 52_000]);
    const emulated = build(adapterPlan({ driver: 'qla2xxx', family: 'vmklinux' }));
    for (let count = 0; count < 4; count++) emulated.send();
    emulated.sim.runUntil(1e9);
    // One lock of 750 ns, then one bottom half that takes 2 us for each.
    expect(emulated.source.done.map(({ at }) => at)).toEqual([54_500, 56_500, 58_500, 60_500]);
    expect(emulated.field('busyNs')).toBe(4 * 4_500 + 750 * (1 + 2 + 3) + INTERRUPT_NS);
  });

  test('the gap between the families grows with the load', () => {
    const mean = (plan = adapterPlan(), gapNs = 0): number => {
      const { sim, source, send } = build(plan);
      for (let count = 0; count < 1000; count++) {
        send();
        sim.runUntil(sim.now + gapNs);
      }
      sim.runUntil(1e9);
      return source.done.reduce((sum, { at }, index) => sum + at - index * gapNs, 0) / 1000;
    };
    const depth = { lunQueueDepth: 4096 };
    const legacy = adapterPlan({ driver: 'qla2xxx', family: 'vmklinux', ...depth });
    const light = mean(legacy, 10_000) - mean(adapterPlan(), 10_000);
    const heavy = mean(legacy, 500) - mean(adapterPlan(), 500);
    expect(light).toBe(2_500);
    expect(heavy).toBeGreaterThan(100_000);
  });

  test('answers close together share an interrupt', () => {
    const { sim, send, field } = build();
    for (let count = 0; count < 10; count++) send();
    sim.runUntil(1e6);
    expect(field('interrupts')).toBe(1);
    // 20 us window: answers 15 us apart come two to an interrupt.
    for (let count = 0; count < 10; count++) {
      send();
      sim.runUntil(sim.now + 15_000);
    }
    sim.runUntil(1e9);
    expect(field('interrupts')).toBe(1 + 5);
    expect(field('reads')).toBe(20);
    const alone = build(adapterPlan({ driver: 'nvme_pcie', transport: 'nvme' }));
    for (let count = 0; count < 10; count++) {
      alone.send();
      alone.sim.runUntil(alone.sim.now + 15_000);
    }
    alone.sim.runUntil(1e9);
    expect(alone.field('interrupts')).toBe(10);
  });
});

describe('the table of modules', () => {
  test('documented depths', () => {
    expect(driverModule('qlnativefc')).toMatchObject({ lunQueueDepth: 64, transport: 'fc' });
    expect(driverModule('lpfc')?.lunQueueDepth).toBe(32);
    expect(driverModule('iscsi_vmk')).toMatchObject({ lunQueueDepth: 128, aqlen: 1024 });
    expect(driverModule('nvme_pcie')?.lunQueueDepth).toBe(1023);
    expect(driverModule('nothing')).toBeUndefined();
  });

  test('names are unique and depths make sense', () => {
    const names = DRIVER_MODULES.map(({ module }) => module);
    expect(new Set(names).size).toBe(names.length);
    for (const { module, lunQueueDepth, aqlen } of DRIVER_MODULES) {
      expect(lunQueueDepth, module).toBeGreaterThan(0);
      expect(aqlen, module).toBeGreaterThanOrEqual(lunQueueDepth);
    }
  });

  test('an unknown module is like the others of its transport', () => {
    expect(moduleOf(adapterPlan({ driver: 'new', transport: 'iscsi' })).maxTransferBytes).toBe(
      128 * 1024,
    );
  });
});
