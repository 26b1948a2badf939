import { describe, expect, it } from 'vitest';
import type { Entity } from '../../../src/engine/core/meters.js';
import { build, measure, type Rig, rates } from './rig.js';

function entity({ sim }: Rig, scope: string, index = 0): Entity {
  return sim.meters.entities.filter((found) => found.scope === scope)[index];
}

function value(found: Entity, field: string): number {
  found.refresh?.();
  return found.values[found.slot(field)];
}

const FULL = { shares: 1000, outstanding: 100 };

describe('depth of a device (stack-lower 5.1)', () => {
  it('is the least of its own, what QUEUE FULL left, and DSNRO while worlds compete', () => {
    const rig = build(1000, [FULL, FULL], { dqlen: 64, settings: { fullSample: 1 } });
    const device = entity(rig, 'device');
    expect(value(device, 'dqlen')).toBe(64);
    rates(rig, 1);
    expect(value(device, 'competing')).toBe(1);
    expect(value(device, 'dqlen')).toBe(32);
    expect(rig.server.inside).toBe(32);
    rig.queue.noteQueueFull();
    rig.queue.noteQueueFull();
    expect(value(device, 'fullDepth')).toBe(16);
    expect(value(device, 'dqlen')).toBe(16);
    expect(value(device, 'configuredDepth')).toBe(64);
  });

  it('is the window of Storage I/O Control where that is in charge; DSNRO has no say', () => {
    const rig = build(1000, [FULL, FULL], { dqlen: 64 });
    rates(rig, 1);
    expect(rig.server.inside).toBe(32);
    rig.queue.setSiocDepth(48);
    measure(rig, 1);
    expect(rig.server.inside).toBe(48);
    // Never more than configured, and even the whole depth is not DSNRO's any more.
    rig.queue.setSiocDepth(1000);
    measure(rig, 1);
    expect(rig.server.inside).toBe(64);
    rig.queue.setSiocDepth(5);
    measure(rig, 1);
    expect(rig.server.inside).toBe(5);
    expect(value(entity(rig, 'device'), 'siocDepth')).toBe(5);
    rig.queue.setSiocDepth(0);
    measure(rig, 1);
    expect(rig.server.inside).toBe(32);
    expect(rig.queue.configuredDepth).toBe(64);
  });
});

describe('WQLEN', () => {
  it('bounds what one world has below, not what the others have', () => {
    const settings = { worldDepth: 4, competingDepth: 0 };
    const rig = build(1000, [FULL, FULL], { dqlen: 64, settings });
    rates(rig, 1);
    expect(rig.server.inside).toBe(8);
    for (const index of [0, 1]) {
      expect(value(entity(rig, 'world', index), 'active')).toBe(4);
      expect(value(entity(rig, 'world', index), 'queued')).toBe(96);
      expect(value(entity(rig, 'world', index), 'wqlen')).toBe(4);
    }
  });

  it('leaves shares alone as long as the device is the narrower place', () => {
    const clients = [FULL, { ...FULL, shares: 3000 }];
    const settings = { worldDepth: 14 };
    const [one, three] = rates(build(1000, clients, { dqlen: 16, settings }));
    expect(one).toBeCloseTo(250, -1);
    expect(three).toBeCloseTo(750, -1);
  });
});

describe('figures of a client', () => {
  it('say what came, what was done and why, in units of cost', () => {
    const clients = [
      { shares: 1000, reservation: 100, blocks: 128 },
      { shares: 1000, limit: 200 },
    ];
    // The first: 2 units a command and all that the limit leaves, 800 of 1000 units.
    const rig = build(1000, clients);
    rates(rig, 10, 0);
    const [first, second] = [entity(rig, 'client', 0), entity(rig, 'client', 1)];
    expect(value(first, 'units')).toBe(2 * value(first, 'reads'));
    expect(value(first, 'arrivedUnits')).toBe(2 * value(first, 'arrivals'));
    expect(value(first, 'arrivals')).toBe(value(first, 'reads') + 32);
    expect(value(first, 'active') + value(first, 'queued')).toBe(32);
    // 100 units per second are 50 commands that the reservation is due for.
    expect(value(first, 'byReservation') / 10).toBeCloseTo(50, -1);
    const started = value(first, 'reads') + value(first, 'active');
    expect(value(first, 'byReservation') + value(first, 'byWeight')).toBe(started);
    expect(value(first, 'limitedNs')).toBe(0);
    expect(value(second, 'units') / 10).toBeCloseTo(200, -1);
    expect(value(second, 'byReservation')).toBe(0);
    // Between two commands of the limit, 5 ms, it waits for a slot for about one service time.
    expect(value(second, 'limitedNs') / 10e9).toBeGreaterThan(0.5);
    expect(value(second, 'limitedNs') / 10e9).toBeLessThanOrEqual(1);
    // Little's law: of its 32 those that are not in the full device, 32 commands at 600 a second.
    expect(value(second, 'waitNs') / 10e9).toBeCloseTo(32 - (200 * 32) / 600, -1);
  });

  it('add up to the figures of their world', () => {
    const rig = build(1000, [FULL]);
    rig.queue.setQos(1, 1, 'vm0', { shares: 500, reservation: 10, limit: 50 });
    rates(rig, 1);
    const world = entity(rig, 'world');
    expect(value(world, 'shares')).toBe(1500);
    expect(value(world, 'reservation')).toBe(10);
    expect(value(world, 'limit')).toBe(0);
    const sum = value(entity(rig, 'client', 0), 'units') + value(entity(rig, 'client', 1), 'units');
    expect(value(world, 'units')).toBe(sum);
  });
});

describe('one client per VM and device (isPerFileSchedModelActive 0)', () => {
  function twoDisks(perDisk: boolean): number[] {
    const rig = build(1000, [FULL, FULL, FULL], { settings: { perDisk } });
    // Disks 3 and 4 belong to world 9, each limited to 100.
    for (const disk of [3, 4]) {
      rig.queue.setQos(disk, 9, 'vm9', { shares: 1000, reservation: 0, limit: 100 });
    }
    const done = [0, 0];
    rig.loop.start();
    const inner = rig.loop as unknown as { done: number[] };
    inner.done.push(0, 0);
    // Disk 3 has much to do, disk 4 a little.
    for (let count = 0; count < 64; count++) rig.loop.issue(3);
    rig.loop.issue(4);
    rig.sim.runUntil(2e9);
    const before = [...rig.loop.done];
    rig.sim.runUntil(12e9);
    for (const index of [0, 1]) done[index] = (rig.loop.done[3 + index] - before[3 + index]) / 10;
    return done;
  }

  it('sums limits: one disk may use what the other leaves', () => {
    const [busy, quiet] = twoDisks(false);
    expect(busy + quiet).toBeCloseTo(200, -1);
    expect(busy).toBeGreaterThan(150);
  });

  it('unlike per-disk queues, where each has its own', () => {
    const [busy] = twoDisks(true);
    expect(busy).toBeCloseTo(100, -1);
  });
});
