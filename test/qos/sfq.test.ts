import { describe, expect, it } from 'vitest';
import { type Io, NO_IO, READ } from '../../src/engine/core/io.js';
import { Sim } from '../../src/engine/core/sim.js';
import { ClientTable } from '../../src/engine/qos/clients.js';
import type { QosDiscipline, QosSettings } from '../../src/engine/qos/discipline.js';
import { createDiscipline, type SchedulerKind } from '../../src/engine/qos/index.js';

/** A discipline with clients 0 and 1, and rows pushed by hand. */
class Bench {
  readonly sim = new Sim(1, 512);
  readonly discipline: QosDiscipline;

  constructor(kind: SchedulerKind, shares: readonly number[], settings: Partial<QosSettings> = {}) {
    const table = new ClientTable();
    this.discipline = createDiscipline(this.sim, table, kind, settings);
    for (const [client, weight] of shares.entries()) {
      table.assign(client, client);
      this.discipline.setClient(client, { shares: weight, reservation: 0, limit: 0 });
    }
  }

  push(disk: number, { lba = 0, units = 1 } = {}): Io {
    const { requests } = this.sim;
    const io = requests.take();
    requests.op[io] = READ;
    requests.disk[io] = disk;
    requests.lba[io] = lba;
    requests.blocks[io] = units * 64;
    this.discipline.push(io);
    return io;
  }

  /** Clients of the next rows, until nobody may start. */
  order(count: number): number[] {
    const clients: number[] = [];
    for (let left = count; left > 0; left--) {
      const io = this.discipline.pop();
      if (io === NO_IO) break;
      clients.push(this.sim.requests.disk[io]);
    }
    return clients;
  }
}

describe('SFQ (stack-lower 9.2)', () => {
  it('starts by start tag: S = max(v, F), F = S + cost / share, ties by client', () => {
    const bench = new Bench('sfq', [1, 2], { quantum: 1 });
    for (let count = 0; count < 6; count++) {
      bench.push(0);
      bench.push(1);
    }
    // Start tags: client 0 at 0, 1, 2; client 1 at 0, 0.5, 1, 1.5, 2.
    expect(bench.order(8)).toEqual([0, 1, 1, 0, 1, 1, 0, 1]);
  });

  it('charges by cost, and who was idle gains nothing', () => {
    const bench = new Bench('sfq', [1, 1], { quantum: 1 });
    for (let count = 0; count < 8; count++) bench.push(0, { units: 2 });
    expect(bench.order(4)).toEqual([0, 0, 0, 0]);
    for (let count = 0; count < 8; count++) bench.push(1);
    // v = 6; client 0 goes on at 8, 10, ...; client 1 has 6, 7, 8, 9, ...
    expect(bench.order(6)).toEqual([1, 1, 0, 1, 1, 0]);
  });

  it('lets a client go on while its commands are sequential, for a quantum (5.2)', () => {
    const near = new Bench('sfq', [1, 1], { quantum: 4 });
    const far = new Bench('sfq', [1, 1], { quantum: 4 });
    for (let count = 0; count < 8; count++) {
      for (const client of [0, 1]) {
        near.push(client, { lba: count * 2000 });
        far.push(client, { lba: count * 2001 });
      }
    }
    expect(near.order(12)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]);
    expect(far.order(4)).toEqual([0, 1, 0, 1]);
  });

  it('counts whole commands against a limit, whatever their size (9.1)', () => {
    const bench = new Bench('sfq', [1]);
    bench.discipline.setClient(0, { shares: 1, reservation: 0, limit: 10 });
    for (let count = 0; count < 4; count++) bench.push(0, { units: 8 });
    expect(bench.order(4)).toEqual([0]);
    expect(bench.discipline.nextAt()).toBe(0.1e9);
    bench.sim.runUntil(0.1e9);
    expect(bench.order(4)).toEqual([0]);
    expect(bench.discipline.limitedNs(0)).toBe(0.1e9);
  });

  it('gives back a row that is withdrawn, and its place', () => {
    const bench = new Bench('sfq', [1, 1], { quantum: 1 });
    const [first] = [bench.push(0, { units: 9 }), bench.push(0), bench.push(1)];
    bench.push(1);
    expect(bench.discipline.remove(first)).toBe(true);
    expect(bench.discipline.remove(first)).toBe(false);
    expect(bench.order(4)).toEqual([0, 1, 1]);
  });
});

describe('FIFO', () => {
  it('keeps the order of arrival across clients, and passes by those that are held', () => {
    const bench = new Bench('fifo', [1, 9]);
    for (const client of [0, 1, 1, 0, 1]) bench.push(client);
    expect(bench.order(2)).toEqual([0, 1]);
    bench.discipline.hold(1, true);
    expect(bench.order(3)).toEqual([0]);
    bench.push(0);
    bench.discipline.hold(1, false);
    expect(bench.order(3)).toEqual([1, 1, 0]);
    expect([...bench.discipline.byWeight.subarray(0, 2)]).toEqual([3, 3]);
  });
});

describe('all schedulers', () => {
  for (const kind of ['mclock', 'sfq', 'fifo'] as const) {
    it(`${kind}: a held client's rows wait, and none is lost`, () => {
      const bench = new Bench(kind, [1, 1]);
      for (let count = 0; count < 3; count++) {
        bench.push(0);
        bench.push(1);
      }
      bench.discipline.hold(0, true);
      expect(bench.order(6)).toEqual([1, 1, 1]);
      bench.push(0);
      expect(bench.order(1)).toEqual([]);
      bench.discipline.hold(0, false);
      expect(bench.order(6)).toEqual([0, 0, 0, 0]);
    });

    it(`${kind}: rows of no virtual disk go through`, () => {
      const bench = new Bench(kind, [1]);
      bench.push(0);
      bench.push(-1);
      expect(bench.order(3).sort()).toEqual([-1, 0]);
    });
  }

  it('refuse settings they cannot work with (Q4)', () => {
    for (const kind of ['mclock', 'sfq', 'fifo'] as const) {
      const { discipline } = new Bench(kind, [1]);
      const qos = { shares: 0, reservation: 0, limit: 0 };
      expect(() => discipline.setClient(0, qos)).toThrow('shares or reservation');
      expect(() => discipline.setClient(0, { ...qos, shares: 1, limit: -1 })).toThrow('negative');
      expect(() => discipline.setClient(0, { ...qos, reservation: 5 })).not.toThrow();
    }
  });
});
