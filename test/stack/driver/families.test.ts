import { describe, expect, test } from 'vitest';
import { READ } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import type { AdapterPlan } from '../../../src/engine/plan/plan.js';
import { createDriver } from '../../../src/engine/stack/driver/index.js';
import { Lifecycle } from '../../../src/engine/stack/driver/lifecycle.js';
import { fillColumn } from '../../rows.js';
import { adapterPlan, FakeLun, FakeNexus, Source } from '../psa/host.js';

const US = 1_000;
const LEGACY = { driver: 'qla2xxx', family: 'vmklinux', lunQueueDepth: 4096 } as const;

function build(changes: Partial<AdapterPlan> = {}) {
  const sim = new Sim(1, 1024);
  const lun = new FakeLun(sim, [0]);
  lun.serviceNs = 50 * US;
  const nexus = new FakeNexus(sim, lun, 0, [], 0);
  const driver = createDriver(sim, { host: 'esx1', adapter: adapterPlan(changes) });
  const source = new Source(sim, driver);
  const send = (blocks = 8): number => {
    fillColumn(sim.requests, sim.requests.nexus, nexus.index);
    fillColumn(sim.requests, sim.requests.lun, lun.index);
    return source.send(0, READ, 1, blocks);
  };
  const field = (name: string): number => driver.entity.values[driver.entity.slot(name)];
  const times = (): number[] => source.done.map(({ at }) => at);
  return { sim, driver, source, send, field, times };
}

describe('vmklinux', () => {
  test('copies the scatter/gather list: 20 ns for each page after the first', () => {
    const { sim, send, times } = build(LEGACY);
    send(128);
    sim.runUntil(1e9);
    expect(times()).toEqual([2_500 + 15 * 20 + 50 * US + 2_000]);
    const native = build();
    native.send(128);
    native.sim.runUntil(1e9);
    expect(native.times()).toEqual([1_000 + 50 * US + 1_000]);
  });

  test('a bottom half completes 25 commands, then others get the processor for 5 us', () => {
    const { sim, send, times } = build(LEGACY);
    for (let count = 0; count < 60; count++) send();
    sim.runUntil(1e9);
    const gaps = times().map((at, index, all) => (index === 0 ? 0 : at - all[index - 1]!));
    const breaks = gaps.flatMap((gap, index) => (gap === 7_000 ? [index] : []));
    expect(breaks).toEqual([25, 50]);
    expect(gaps.slice(1).every((gap) => gap === 2_000 || gap === 7_000)).toBe(true);
  });

  test('block drivers complete 32 at once', () => {
    const block = { ...LEGACY, driver: 'block', transport: 'sas', aqlen: 128 } as const;
    const { sim, send, times } = build(block);
    for (let count = 0; count < 40; count++) send();
    sim.runUntil(1e9);
    expect(times()[32]! - times()[31]!).toBe(7_000);
  });

  test('admits no more than queue_depth per device and can_queue per adapter', () => {
    const { sim, driver, send } = build({ ...LEGACY, lunQueueDepth: 2, aqlen: 8 });
    const first = send();
    expect(driver.admits(first)).toBe(true);
    send();
    expect(driver.admits(first)).toBe(false);
    // Another device behind the same adapter.
    const other = sim.requests.take();
    sim.requests.nexus[other] = 77;
    sim.requests.lun[other] = 78;
    expect(driver.admits(other)).toBe(true);
    sim.requests.give(other);
    sim.runUntil(1e9);
    expect(driver.active).toBe(0);
    const full = build({ ...LEGACY, aqlen: 1 });
    expect(full.driver.admits(full.send())).toBe(false);
  });
});

describe('interrupt coalescing', () => {
  const fixed = (maxNs: number, maxCount: number) => ({
    coalesce: { maxNs, maxCount, adaptive: false },
  });

  test('with fixed limits a lonely answer waits the full time', () => {
    const { sim, send, times, field } = build(fixed(100 * US, 8));
    send();
    sim.runUntil(1e9);
    expect(times()).toEqual([1_000 + 50 * US + 100 * US + 1_000]);
    expect(field('interrupts')).toBe(1);
  });

  test('enough answers interrupt at once, and one interrupt brings them all', () => {
    const { sim, send, times, field } = build(fixed(100 * US, 4));
    for (let count = 0; count < 10; count++) send();
    sim.runUntil(1e9);
    expect(times().slice(0, 8)).toEqual(Array(8).fill(52 * US));
    expect(times().slice(8)).toEqual([152 * US, 152 * US]);
    expect(field('interrupts')).toBe(3);
  });

  test('an adaptive adapter adds no delay, NVMe interrupts for each answer', () => {
    const adaptive = build();
    const nvme = build({ driver: 'nvme_pcie', transport: 'nvme', lunQueueDepth: 1023 });
    for (const { sim, send, times } of [adaptive, nvme]) {
      for (let count = 0; count < 5; count++) {
        send();
        sim.runUntil(sim.now + US);
      }
      sim.runUntil(1e9);
      expect(times()).toEqual([52, 53, 54, 55, 56].map((us) => us * US));
    }
    expect([adaptive.field('interrupts'), nvme.field('interrupts')]).toEqual([1, 5]);
  });

  test('works in front of a bottom half too', () => {
    const { sim, send, times, field } = build({ ...LEGACY, ...fixed(100 * US, 2) });
    send();
    send();
    sim.runUntil(1e9);
    // The second leaves the lock 750 ns after the first; then both go through the bottom half.
    expect(times()).toEqual([53_250 + 2_000, 53_250 + 4_000]);
    expect(field('interrupts')).toBe(1);
  });
});

describe('the life of a device', () => {
  test('goes the way of the device layer and no other', () => {
    const sim = new Sim(1, 8);
    const life = new Lifecycle(sim, 'test');
    const operations = [
      'attach',
      'scan',
      'start',
      'quiesce',
      'detach',
      'forget',
      'remove',
    ] as const;
    const allowed = (): string => operations.filter((operation) => life.may(operation)).join(' ');
    const seen: [string, string][] = [];
    const go = (...path: (typeof operations)[number][]): void => {
      for (const operation of path) {
        seen.push([life.state, allowed()]);
        life.move(operation, 'test');
      }
    };
    go('attach', 'scan', 'start', 'quiesce', 'start', 'quiesce', 'detach');
    go('attach', 'scan', 'start', 'forget', 'remove', 'attach');
    expect(Object.fromEntries(seen)).toEqual({
      unclaimed: 'attach',
      attached: 'scan forget',
      scanned: 'start forget',
      started: 'quiesce forget',
      quiesced: 'start detach forget',
      forgotten: 'remove',
      removed: 'attach',
    });
    expect(() => life.move('detach', 'test')).toThrow('detach while attached');
  });

  test('a driver at rest is drained at once, a busy one when its last command is back', () => {
    const { sim, driver, send, times } = build();
    const drained: number[] = [];
    send();
    sim.runUntil(10 * US);
    driver.quiesce('test', () => drained.push(sim.now));
    expect(driver.unconditional).toBe(false);
    sim.runUntil(1e6);
    expect(drained).toEqual(times());
    driver.resume('test');
    driver.quiesce('test', () => drained.push(sim.now));
    sim.runUntil(2e6);
    expect(drained[1]).toBe(1e6);
  });
});
