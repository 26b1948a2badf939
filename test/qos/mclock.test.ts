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

describe('what mClock remembers is bounded', () => {
  const plain = { shares: 1000, reservation: 0, limit: 0 };

  it('reservations: after a standstill they take no more than a second of theirs at once', () => {
    const bench = new Bench();
    bench.clock.setClient(0, { ...plain, reservation: 10 });
    bench.clock.setClient(1, plain);
    for (let count = 0; count < 400; count++) bench.push(count % 2);
    bench.disks(1);
    bench.sim.runUntil(60e9);
    // 600 commands of the reservation were due meanwhile; 10 or 11 of them are made up for.
    const byReservation = bench.clock.byReservation[0];
    bench.disks(100);
    const madeUp = bench.clock.byReservation[0] - byReservation;
    expect(madeUp).toBeGreaterThanOrEqual(10);
    expect(madeUp).toBeLessThanOrEqual(11);
  });

  it('shares: who lived on a reservation need not wait for the others when it ends', () => {
    const bench = new Bench();
    bench.clock.setClient(0, { ...plain, shares: 1, reservation: 900 });
    bench.clock.setClient(1, { ...plain, shares: 1 });
    const take = (): number => {
      const io = bench.clock.pop();
      const disk = bench.sim.requests.disk[io];
      bench.clock.finish(disk);
      bench.sim.requests.give(io);
      bench.push(disk);
      bench.sim.runUntil(bench.sim.now + 1e6);
      return disk;
    };
    for (let count = 0; count < 40; count++) bench.push(count % 2);
    // 1000 per second for 10 s: 900 and 100.
    let first = 0;
    for (let count = 0; count < 10_000; count++) if (take() === 0) first++;
    expect(first / 10_000).toBeCloseTo(0.9, 1);
    bench.clock.setClient(0, { ...plain, shares: 1 });
    first = 0;
    for (let count = 0; count < 100; count++) if (take() === 0) first++;
    expect(Math.abs(first - 50)).toBeLessThanOrEqual(2);
  });

  it('a client without commands for Disk.SchedQCleanupInterval starts afresh', () => {
    for (const [pauseNs, opens] of [
      [299e9, false],
      [300e9, true],
    ] as const) {
      const bench = new Bench();
      bench.clock.setClient(0, { ...plain, limit: 0.001 });
      bench.push(0);
      expect(bench.clock.pop()).not.toBe(NO_IO);
      bench.clock.finish(0);
      bench.sim.runUntil(pauseNs);
      bench.push(0);
      // One command per 1000 s; a queue that had been freed does not know of the first.
      expect(bench.clock.pop() !== NO_IO).toBe(opens);
    }
  });
});

describe('over-committed reservations (stack-lower 9.3, 9.6)', () => {
  /** Dispatches of 300:100 reserved with 200 per second, after 2 s. */
  function dispatched(outstanding: number): number[] {
    const bench = new Bench();
    bench.clock.setClient(0, { shares: 1, reservation: 300, limit: 0 });
    bench.clock.setClient(1, { shares: 1, reservation: 100, limit: 0 });
    for (let count = 0; count < outstanding * 2; count++) bench.push(count % 2);
    const counts = [0, 0];
    for (let count = 0; count < 4000; count++) {
      const io = bench.clock.pop();
      const disk = bench.sim.requests.disk[io];
      bench.sim.requests.give(io);
      bench.push(disk);
      if (count >= 400) counts[disk]++;
      bench.sim.runUntil(bench.sim.now + 5e6);
    }
    return counts;
  }

  it('divide the device by reservation, with deep queues and with shallow ones', () => {
    for (const outstanding of [4, 32, 200]) {
      const [large, small] = dispatched(outstanding);
      expect(large / small).toBeGreaterThan(2.9);
      expect(large / small).toBeLessThan(3.1);
    }
  });

  it('a reservation above the limit is worth the limit', () => {
    const bench = new Bench();
    bench.clock.setClient(0, { shares: 1, reservation: 100, limit: 10 });
    for (let count = 0; count < 100; count++) bench.push(0);
    let started = 0;
    for (let ms = 0; ms < 2000; ms++) {
      if (bench.clock.pop() !== NO_IO) started++;
      bench.sim.runUntil(bench.sim.now + 1e6);
    }
    expect(Math.abs(started - 20)).toBeLessThanOrEqual(1);
  });
});

describe('Disk.SchedReservationBurst', () => {
  /** Commands a reservation of 100 gets at once when a competitor returns after 10 s alone. */
  function dueAtOnce(reservationBurst: boolean): number {
    const bench = new Bench({ reservationBurst, idleCredit: 32 });
    bench.clock.setClient(0, { shares: 1, reservation: 100, limit: 0 });
    for (let count = 0; count < 40; count++) bench.push(0);
    for (let ms = 0; ms < 10_000; ms++) {
      const io = bench.clock.pop();
      bench.sim.requests.give(io);
      bench.push(0);
      bench.sim.runUntil(bench.sim.now + 1e6);
    }
    bench.clock.setClient(1, { shares: 1_000_000, reservation: 0, limit: 0 });
    for (let count = 0; count < 300; count++) bench.push(1);
    const before = bench.clock.byReservation[0];
    for (let ms = 0; ms < 250; ms++) {
      bench.clock.pop();
      bench.sim.runUntil(bench.sim.now + 1e6);
    }
    return bench.clock.byReservation[0] - before;
  }

  it('on: service beyond the reservation costs nothing; off: it is charged, up to the credit', () => {
    expect(Math.abs(dueAtOnce(true) - 25)).toBeLessThanOrEqual(1);
    // 32 commands ahead, so 0.32 s of the 0.25 s pass before the next is due.
    expect(dueAtOnce(false)).toBe(0);
  });
});

describe('who counts as idle (stack-lower 9.4)', () => {
  /** How many of the next 20 starts are of client 1, which was behind when it had nothing waiting. */
  function headStart(inFlight: boolean): number {
    const bench = new Bench({ idleCredit: 0 });
    for (const disk of [0, 1]) {
      bench.clock.setClient(disk, { shares: 1, reservation: 0, limit: 0 });
    }
    for (let count = 0; count < 4; count++) bench.push(1);
    bench.disks(4);
    // Client 0 gets 50 while client 1 has nothing waiting, but perhaps four commands in flight.
    if (!inFlight) for (let count = 0; count < 4; count++) bench.clock.finish(1);
    for (let count = 0; count < 100; count++) bench.push(0);
    bench.disks(50);
    for (let count = 0; count < 40; count++) bench.push(1);
    return bench.disks(20).filter((disk) => disk === 1).length;
  }

  it('who has nothing waiting and nothing in flight; commands in flight keep a claim', () => {
    // Idle: they take turns. In flight: the four commands' worth first, then turns.
    expect(Math.abs(headStart(false) - 10)).toBeLessThanOrEqual(1);
    expect(Math.abs(headStart(true) - 12)).toBeLessThanOrEqual(1);
  });
});
