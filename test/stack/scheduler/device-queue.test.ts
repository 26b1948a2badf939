import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../../src/engine/core/assert.js';
import { InputError } from '../../../src/engine/core/errors.js';
import type { Entity } from '../../../src/engine/core/meters.js';
import { TagHeap } from '../../../src/engine/qos/tag-heap.js';
import { DepthControl } from '../../../src/engine/stack/scheduler/depth-control.js';
import { SCHEDULER_DEFAULTS } from '../../../src/engine/stack/scheduler/settings.js';
import { build, type Rig } from './rig.js';

function value(entity: Entity, field: string): number {
  return entity.values[entity.slot(field)];
}

function worldOf({ sim }: Rig, vm: string): Entity {
  const found = sim.meters.entities.find(({ scope, name }) => scope === 'world' && name === vm);
  if (found === undefined) throw new Error(`no world ${vm}`);
  return found;
}

describe('tag heap', () => {
  it('agrees with sorting through random puts, changes and removals', () => {
    const step = fc.record({ client: fc.nat(19), tag: fc.nat(9), out: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new TagHeap();
        heap.reserve(20);
        const inside = new Map<number, number>();
        for (const { client, tag, out } of steps) {
          if (out) {
            heap.remove(client);
            inside.delete(client);
          } else {
            heap.tags[client] = tag;
            heap.put(client);
            inside.set(client, tag);
          }
          const sorted = [...inside].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
          expect(heap.size).toBe(sorted.length);
          expect(heap.first).toBe(sorted[0]?.[0] ?? -1);
          expect(heap.least).toBe(sorted[0]?.[1] ?? Number.POSITIVE_INFINITY);
        }
      }),
    );
  });
});

describe('depth with competing worlds', () => {
  it('falls after six switches and rises after 128 commands of one world', () => {
    const control = new DepthControl(128, SCHEDULER_DEFAULTS);
    const note = (world: number, times: number): number => {
      for (let count = 0; count < times; count++) control.note(world);
      return control.depth;
    };
    expect(note(1, 1000)).toBe(128);
    for (const world of [2, 1, 2, 1, 2]) expect(note(world, 1)).toBe(128);
    expect(note(1, 1)).toBe(32);
    expect(note(1, 126)).toBe(32);
    expect(note(1, 1)).toBe(128);
  });

  it('never exceeds the depth of the device, and can be switched off', () => {
    const shallow = new DepthControl(16, SCHEDULER_DEFAULTS);
    const off = new DepthControl(64, { ...SCHEDULER_DEFAULTS, competingDepth: 0 });
    for (let count = 0; count < 100; count++) {
      shallow.note(1 + (count % 2));
      off.note(1 + (count % 2));
      expect([shallow.depth, off.depth]).toEqual([16, 64]);
    }
  });

  it('shows in the queue: two machines get 32, one alone gets all', () => {
    const two = build(
      1000,
      [
        { shares: 1000, outstanding: 100 },
        { shares: 1000, outstanding: 100 },
      ],
      { dqlen: 64 },
    );
    two.loop.start();
    two.sim.runUntil(5e9);
    expect(two.queue.active).toBe(32);
    expect(two.queue.queued).toBe(168);
    const one = build(1000, [{ shares: 1000, outstanding: 100 }], { dqlen: 64 });
    one.loop.start();
    one.sim.runUntil(5e9);
    expect([one.queue.active, one.queue.queued]).toEqual([64, 36]);
  });
});

describe('device queue', () => {
  it('starts commands of the VMkernel before those of virtual machines', () => {
    const rig = build(1000, [{ shares: 1000 }], { dqlen: 1 });
    rig.loop.paused = true;
    const first = rig.loop.issue(0);
    const second = rig.loop.issue(0);
    const third = rig.loop.issue(0);
    const system = rig.loop.issue(-1);
    rig.sim.runUntil(1e9);
    expect(rig.server.order).toEqual([first, system, second, third]);
  });

  it('a VMkernel command passes a client that its limit holds back', () => {
    const rig = build(1000, [{ shares: 1000, limit: 1 }]);
    rig.loop.paused = true;
    const rows = [rig.loop.issue(0), rig.loop.issue(0)];
    const system = rig.loop.issue(-1);
    rig.sim.runUntil(0.5e9);
    expect(rig.server.order).toEqual([rows[0], system]);
    rig.sim.runUntil(0.999e9);
    expect(rig.queue.queued).toBe(1);
    rig.sim.runUntil(1.1e9);
    expect(rig.server.order).toEqual([rows[0], system, rows[1]]);
  });

  it('wakes for the client that may go on first, whoever was held back first', () => {
    const rig = build(1000, [
      { shares: 1000, limit: 1, blocks: 2048 },
      { shares: 1000, limit: 10 },
    ]);
    rig.loop.paused = true;
    for (const disk of [0, 0, 1, 1]) rig.loop.issue(disk);
    rig.sim.runUntil(99e6);
    expect(rig.server.order).toHaveLength(2);
    rig.sim.runUntil(101e6);
    expect(rig.server.order).toHaveLength(3);
    rig.sim.runUntil(31.99e9);
    expect(rig.server.order).toHaveLength(3);
    rig.sim.runUntil(32.01e9);
    expect(rig.server.order).toHaveLength(4);
  });

  it('counts latency, time queued and device time so that they add up', () => {
    const rig = build(100, [{ shares: 1000 }], { dqlen: 1 });
    rig.loop.paused = true;
    for (let count = 0; count < 4; count++) rig.loop.issue(0);
    rig.sim.runUntil(1e9);
    rig.sim.meters.sample();
    const { entity } = rig.queue;
    // Four commands of 10 ms one after the other: 10 + 20 + 30 + 40, of which 0 + 10 + 20 + 30 queued.
    expect(value(entity, 'reads')).toBe(4);
    expect(value(entity, 'readNs')).toBe(100e6);
    expect(value(entity, 'queueReadNs')).toBe(60e6);
    expect(value(entity, 'deviceReadNs')).toBe(4000);
    const world = worldOf(rig, 'vm0');
    expect(['reads', 'readNs', 'waitNs', 'byWeight', 'shares'].map((f) => value(world, f))).toEqual(
      [4, 100e6, 60e6, 4, 1000],
    );
    expect(world.labels).toEqual({ host: 'esx1', device: 'naa.1', vm: 'vm0' });
  });

  it('tells commands of a reservation from commands of shares', () => {
    const rig = build(1000, [{ shares: 1000, reservation: 400 }, { shares: 9000 }]);
    rig.loop.start();
    rig.sim.runUntil(10e9);
    rig.sim.meters.sample();
    const world = worldOf(rig, 'vm0');
    expect(value(world, 'byReservation') + value(world, 'byWeight')).toBe(
      value(world, 'reads') + value(world, 'active'),
    );
    expect(value(world, 'byReservation') / 10).toBeGreaterThan(280);
    expect(value(worldOf(rig, 'vm1'), 'byReservation')).toBe(0);
  });

  it('refuses settings that no clock can keep, and disks nobody announced', () => {
    const rig = build(1000, [{ shares: 1000 }]);
    const qos = { shares: 0, reservation: 0, limit: 0 };
    expect(() => rig.queue.setQos(0, 1, 'vm0', qos)).toThrow(InputError);
    expect(() => rig.queue.setQos(0, 1, 'vm0', { ...qos, shares: 1, limit: -1 })).toThrow(
      InputError,
    );
    expect(() => rig.loop.issue(77)).toThrow(AssertionError);
  });

  it('loses nothing and keeps its depth under random load, changes of settings and of depth', () => {
    const number = fc.constantFrom(0, 0, 5, 50, 500);
    const step = fc.record({
      client: fc.nat(4),
      burst: fc.nat(12),
      waitNs: fc.nat(20_000_000),
      shares: fc.integer({ min: 1, max: 2000 }),
      reservation: number,
      limit: number,
      depth: fc.integer({ min: 1, max: 40 }),
      action: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clients = [0, 1, 2, 3].map((disk) => ({ shares: 100 + disk, outstanding: 0 }));
        const rig = build(2000, clients, { dqlen: 8 });
        const { sim, queue, loop, server } = rig;
        loop.paused = true;
        let issued = 0;
        let deepest = 8;
        for (const { client, burst, waitNs, depth, action, ...qos } of steps) {
          if (action === 0 && client < 4) queue.setQos(client, client + 1, `vm${client}`, qos);
          if (action === 1) {
            queue.setDepth(depth);
            deepest = Math.max(deepest, depth);
          }
          if (action >= 2) {
            for (let count = 0; count < burst; count++) loop.issue(client - 1);
            issued += burst;
          }
          sim.runUntil(sim.now + waitNs);
          sim.meters.sample();
        }
        for (let disk = 0; disk < 4; disk++) {
          queue.setQos(disk, disk + 1, `vm${disk}`, { shares: 1, reservation: 0, limit: 0 });
        }
        sim.runUntil(sim.now + 10e9);
        sim.meters.sample();
        expect(loop.completed.reduce((sum, count) => sum + count, 0)).toBe(issued);
        expect(sim.requests.inFlight).toBe(0);
        expect([queue.active, queue.queued]).toEqual([0, 0]);
        expect(server.most).toBeLessThanOrEqual(deepest);
      }),
      { numRuns: 50 },
    );
  });
});
