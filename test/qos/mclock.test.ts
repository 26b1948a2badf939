import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Io, NO_IO } from '../../src/engine/core/io.js';
import { Sim } from '../../src/engine/core/sim.js';
import { ClientTable } from '../../src/engine/qos/clients.js';
import { QOS_DEFAULTS, type QosSettings } from '../../src/engine/qos/discipline.js';
import { MClock } from '../../src/engine/qos/mclock.js';

class Bench {
  readonly sim = new Sim(1, 512);
  readonly clock: MClock;

  constructor(settings: Partial<QosSettings> = {}) {
    const table = new ClientTable();
    for (let disk = 0; disk < 4; disk++) table.assign(disk, disk);
    this.clock = new MClock(this.sim, table, { ...QOS_DEFAULTS, idleCredit: 0, ...settings });
  }

  push(disk: number, blocks = 8): Io {
    const { requests } = this.sim;
    const io = requests.take();
    requests.disk[io] = disk;
    requests.blocks[io] = blocks;
    requests.op[io] = 0;
    this.clock.push(io);
    return io;
  }

  /** Disks of the next `count` rows to start. */
  disks(count: number): number[] {
    return Array.from({ length: count }, () => this.sim.requests.disk[this.clock.pop()]);
  }
}

describe('mClock tags (stack-lower 11.2)', () => {
  it('Q1: weights 1:2 start 2 and 4 of the first 6', () => {
    const bench = new Bench();
    bench.clock.setClient(0, { shares: 1, reservation: 0, limit: 0 });
    bench.clock.setClient(1, { shares: 2, reservation: 0, limit: 0 });
    for (let count = 0; count < 5; count++) {
      bench.push(0);
      bench.push(1);
    }
    const disks = bench.disks(6);
    expect(disks.filter((disk) => disk === 0)).toHaveLength(2);
    expect([...bench.clock.byWeight.subarray(0, 2)]).toEqual([2, 4]);
    expect([...bench.clock.byReservation.subarray(0, 2)]).toEqual([0, 0]);
  });

  it('Q2: reservations 2:1 that are overdue start 4 and 2 of the first 6', () => {
    const bench = new Bench();
    bench.clock.setClient(0, { shares: 1, reservation: 2, limit: 0 });
    bench.clock.setClient(1, { shares: 1, reservation: 1, limit: 0 });
    for (let count = 0; count < 5; count++) {
      bench.push(0);
      bench.push(1);
    }
    bench.sim.runUntil(100e9);
    const disks = bench.disks(6);
    expect(disks.filter((disk) => disk === 0)).toHaveLength(4);
    expect([...bench.clock.byReservation.subarray(0, 2)]).toEqual([4, 2]);
  });

  it('holds a limited client back until its interval has passed, and says until when', () => {
    const bench = new Bench();
    bench.clock.setClient(0, { shares: 1, reservation: 0, limit: 3 });
    bench.push(0);
    bench.push(0, 128);
    bench.push(0);
    expect(bench.clock.pop()).not.toBe(NO_IO);
    expect(bench.clock.pop()).toBe(NO_IO);
    // The second costs two units: two thirds of a second.
    expect(bench.clock.nextAt()).toBe(Math.ceil((2 * 1e9) / 3));
    bench.sim.runUntil(bench.clock.nextAt());
    expect(bench.clock.pop()).not.toBe(NO_IO);
    expect(bench.clock.pop()).toBe(NO_IO);
    expect(bench.clock.nextAt()).toBe(1e9);
  });

  it('a withdrawn row leaves no trace in the tags', () => {
    const bench = new Bench();
    bench.clock.setClient(0, { shares: 1, reservation: 0, limit: 1 });
    const [, second] = [bench.push(0), bench.push(0, 640), bench.push(0)];
    bench.clock.pop();
    expect(bench.clock.pop()).toBe(NO_IO);
    expect(bench.clock.nextAt()).toBe(10e9);
    expect(bench.clock.remove(second)).toBe(true);
    expect(bench.clock.nextAt()).toBe(1e9);
  });

  it('idle time earns no more than the idle credit', () => {
    for (const credit of [0, 10]) {
      const bench = new Bench({ idleCredit: credit });
      bench.clock.setClient(0, { shares: 1, reservation: 0, limit: 0 });
      bench.clock.setClient(1, { shares: 1, reservation: 0, limit: 0 });
      for (let count = 0; count < 100; count++) bench.push(0);
      bench.disks(50);
      for (let count = 0; count < 30; count++) bench.push(1);
      // Client 1 starts up to its credit ahead, then they take turns.
      const first = bench.disks(30).filter((disk) => disk === 1).length;
      expect(Math.abs(first - (15 + credit / 2))).toBeLessThanOrEqual(1);
    }
  });
});

describe('mClock as a discipline', () => {
  it('keeps each client first come first served, loses nothing, and lets any row be withdrawn', () => {
    const step = fc.record({ kind: fc.nat(9), disk: fc.integer({ min: -1, max: 3 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const bench = new Bench({ idleCredit: 32 });
        for (let disk = 0; disk < 4; disk++) {
          bench.clock.setClient(disk, {
            shares: 1 + disk,
            reservation: disk === 1 ? 1000 : 0,
            limit: disk === 2 ? 2000 : 0,
          });
        }
        const waiting: Io[][] = [[], [], [], [], []];
        const take = (): boolean => {
          const io = bench.clock.pop();
          if (io === NO_IO) return false;
          const queue = waiting[bench.sim.requests.disk[io] + 1];
          // A VMkernel row is never passed by others.
          if (waiting[0].length > 0) expect(queue).toBe(waiting[0]);
          expect(queue.shift()).toBe(io);
          bench.sim.requests.give(io);
          return true;
        };
        for (const { kind, disk } of steps) {
          const queue = waiting[disk + 1];
          if (kind < 5) {
            queue.push(bench.push(disk));
          } else if (kind < 7) {
            take();
          } else if (kind === 7 && queue.length > 0) {
            const [io] = queue.splice(queue.length >> 1, 1);
            expect(bench.clock.remove(io)).toBe(true);
            expect(bench.clock.remove(io)).toBe(false);
            bench.sim.requests.give(io);
          } else {
            bench.sim.runUntil(bench.sim.now + 300_000);
          }
        }
        let left = waiting.reduce((sum, queue) => sum + queue.length, 0);
        for (; left > 0; left--) {
          if (take()) continue;
          bench.sim.runUntil(bench.clock.nextAt());
          expect(take()).toBe(true);
        }
        expect(bench.clock.pop()).toBe(NO_IO);
      }),
    );
  });
});
