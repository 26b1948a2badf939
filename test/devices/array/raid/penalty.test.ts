/** What RAID levels cost: disk accesses per command, and the rates that follow from them. */
import { describe, expect, it } from 'vitest';
import { READ, WRITE } from '../../../../src/engine/core/io.js';
import type { PoolPlan, RaidLevel } from '../../../../src/engine/plan/plan.js';
import { GIB, MIB, poolPlan, type Rig, rig } from '../../support.js';

const UNIT = 128;

function group(level: RaidLevel, disks: number, more: Partial<PoolPlan> = {}, cacheBytes = 0): Rig {
  const raid = { level, spares: 0, rebuildBytesPerSecond: 1e12 };
  const pool = poolPlan({
    disks,
    stripeBytes: UNIT * 512,
    ...(level !== 0 && { raid }),
    ...more,
  });
  return rig({ cacheBytes, pools: [pool] });
}

function accesses(test: Rig): { reads: number; writes: number; perDisk: number[] } {
  test.sim.meters.sample();
  const count = (name: string): number[] =>
    test.array.disks.map(({ entity }) => entity.values[entity.slot(name)]!);
  const [reads, writes] = [count('reads'), count('writes')];
  const sum = (list: number[]): number => list.reduce((a, b) => a + b, 0);
  const perDisk = reads.map((value, index) => value + writes[index]!);
  return { reads: sum(reads), writes: sum(writes), perDisk };
}

function cost(test: Rig, command: { op: number; lba: number; blocks: number }): [number, number] {
  const before = accesses(test);
  const outcome = test.run(command);
  expect([outcome.status, outcome.lba, outcome.blocks]).toEqual([0, command.lba, command.blocks]);
  expect(outcome.op).toBe(command.op);
  expect(test.sim.requests.inFlight).toBe(0);
  const after = accesses(test);
  return [after.reads - before.reads, after.writes - before.writes];
}

// Patterson, Gibson, Katz (SIGMOD 1988), small writes: RAID 1 two accesses, RAID 5 four. With a second
// parity six (Chen, Lee, Gibson, Katz, Patterson: "RAID: High-performance, reliable secondary storage",
// ACM Computing Surveys 26(2), 1994, section 3).
describe('a small write', () => {
  it.each([
    [0, 8, 0, 1],
    [1, 2, 0, 2],
    [10, 8, 0, 2],
    [5, 8, 2, 2],
    [6, 8, 3, 3],
  ] as const)('RAID %i of %i disks: %i reads and %i writes', (level, disks, reads, writes) => {
    const test = group(level, disks);
    for (let lba = 0; lba < 64 * UNIT; lba += 3 * UNIT) {
      expect(cost(test, { op: WRITE, lba: lba + 8, blocks: 8 })).toEqual([reads, writes]);
    }
  });

  it('takes the time of a read and then a write with parity, one write without (service 1 ms)', () => {
    const time = (level: RaidLevel): number => {
      const test = group(level, 8);
      const start = test.sim.now;
      const late = test.run({ op: WRITE, lba: 8, blocks: 8 });
      return Math.floor((late.at - start) / 1e6);
    };
    expect([0, 1, 10, 5, 6].map((level) => time(level as RaidLevel))).toEqual([1, 1, 1, 2, 2]);
  });

  it('reads the other data instead where that is less: 2 + 1 disks need three accesses', () => {
    expect(cost(group(5, 3), { op: WRITE, lba: 8, blocks: 8 })).toEqual([1, 2]);
  });
});

describe('a whole stripe', () => {
  // The same paper, large writes: the data and its parity, no reads.
  it.each([
    [5, 5, 4, 5],
    [6, 6, 4, 6],
    [10, 8, 4, 8],
  ] as const)('RAID %i of %i disks: %i units of data, %i writes', (level, disks, units, writes) => {
    const test = group(level, disks);
    expect(cost(test, { op: WRITE, lba: 0, blocks: units * UNIT })).toEqual([0, writes]);
    const both = { op: WRITE, lba: units * UNIT, blocks: 2 * units * UNIT };
    expect(cost(test, both)).toEqual([0, 2 * writes]);
  });

  it('all but one unit: one read of the rest, not one of each', () => {
    expect(cost(group(5, 5), { op: WRITE, lba: 0, blocks: 3 * UNIT })).toEqual([1, 4]);
  });

  it('gathers a stream of small writes in the cache: parity without reads', () => {
    const test = group(5, 5, {}, 64 * MIB);
    for (let lba = 0; lba < 16 * UNIT; lba += 16) test.run({ op: WRITE, lba, blocks: 16 });
    test.sim.runUntil(test.sim.now + 3e9);
    const { reads, writes } = accesses(test);
    expect([reads, writes]).toEqual([0, 20]);
    const { dirtyBlocks } = test.array.pools.get('gold')!;
    expect([dirtyBlocks, test.sim.requests.inFlight]).toEqual([0, 0]);
  });
});

describe('reads', () => {
  it.each([1, 5, 6, 10] as const)('RAID %i: one access, on all disks alike', (level) => {
    const test = group(level, 4);
    for (let unit = 0; unit < 48; unit++) {
      expect(cost(test, { op: READ, lba: unit * UNIT, blocks: 8 })).toEqual([1, 0]);
    }
    expect(accesses(test).perDisk).toEqual([12, 12, 12, 12]);
  });

  it('parity moves: small writes load all disks alike', () => {
    const test = group(5, 5);
    for (let unit = 0; unit < 20; unit++) test.run({ op: WRITE, lba: unit * UNIT, blocks: 8 });
    expect(accesses(test).perDisk).toEqual([16, 16, 16, 16, 16]);
  });
});

describe('rates', () => {
  /** Small random writes or reads per second that a closed loop of 256 gets from 8 disks of 1 ms. */
  function saturated(level: RaidLevel, op: number, lose: readonly number[] = []): number {
    const test = group(level, 8, { capacityBytes: 4 * GIB });
    for (const disk of lose) test.array.pools.get('gold')!.redundancy!.fail(disk, 1e15, 'test');
    const addresses = test.sim.random.stream('addresses');
    const units = Math.floor(GIB / 512 / UNIT);
    const issue = (): boolean => test.send({ op, lba: addresses.below(units) * UNIT, blocks: 8 });
    test.guest.onOutcome = () => {
      issue();
    };
    for (let index = 0; index < 240; index++) issue();
    test.sim.runUntil(1e9);
    const before = test.guest.outcomes.length;
    test.sim.runUntil(3e9);
    return (test.guest.outcomes.length - before) / 2;
  }

  // Random writes per second = disks x rate of a disk / accesses per write; reads use every disk.
  it.each([
    [0, WRITE, 8000],
    [10, WRITE, 4000],
    [5, WRITE, 2000],
    [6, WRITE, 8000 / 6],
    [0, READ, 8000],
    [10, READ, 8000],
    [5, READ, 8000],
  ] as const)('RAID %i, op %i: %i per second', (level, op, rate) => {
    const share = saturated(level, op) / rate;
    expect(share).toBeGreaterThan(0.93);
    expect(share).toBeLessThan(1.01);
  });

  // One of n disks lost: reads of its part touch the n - 1 others, the rest one disk. All n - 1 disks
  // share (1/n) (n - 1) + (n - 1)/n accesses per read (Muntz and Lui, VLDB 1990: twice the load).
  it('RAID 5 without one of eight disks: twice the load on the others', () => {
    const accessesPerRead = 7 / 8 + 7 / 8;
    const rate = saturated(5, READ, [3]) / (7000 / accessesPerRead);
    expect(rate).toBeGreaterThan(0.97);
    expect(rate).toBeLessThan(1.03);
  });
});

describe('degraded', () => {
  it('RAID 5: reads of the lost unit need all others, writes to it their data and parity', () => {
    const test = group(5, 5);
    test.array.pools.get('gold')!.redundancy!.fail(0, 1e15, 'test');
    // Stripe 0: parity on disk 4, data on 0 1 2 3.
    expect(cost(test, { op: READ, lba: 8, blocks: 8 })).toEqual([4, 0]);
    expect(cost(test, { op: READ, lba: UNIT + 8, blocks: 8 })).toEqual([1, 0]);
    expect(cost(test, { op: WRITE, lba: 8, blocks: 8 })).toEqual([3, 1]);
    expect(cost(test, { op: WRITE, lba: UNIT + 8, blocks: 8 })).toEqual([2, 2]);
    // Stripe 4: parity on disk 0, which is not there: data alone.
    expect(cost(test, { op: WRITE, lba: 16 * UNIT + 8, blocks: 8 })).toEqual([0, 1]);
  });

  it('RAID 6 with two disks lost still answers', () => {
    const test = group(6, 6);
    const { redundancy } = test.array.pools.get('gold')!;
    redundancy!.fail(0, 1e15, 'test');
    redundancy!.fail(1, 1e15, 'test');
    // Stripe 0: P on disk 5, Q on 0, data on 1 2 3 4.
    expect(cost(test, { op: READ, lba: 8, blocks: 8 })).toEqual([4, 0]);
    // Stripe 1: P on 4, Q on 5, data on 0 1 2 3: two of them lost.
    expect(cost(test, { op: READ, lba: 4 * UNIT + 8, blocks: 8 })).toEqual([4, 0]);
    expect(cost(test, { op: WRITE, lba: 4 * UNIT + 8, blocks: 8 })).toEqual([4, 2]);
  });

  it('goes on one access at a time when there are no rows', () => {
    const raid = { level: 5 as const, spares: 0, rebuildBytesPerSecond: 1e12 };
    const pool = poolPlan({ disks: 5, stripeBytes: UNIT * 512, raid });
    const test = rig({ cacheBytes: 0, pools: [pool] }, 1);
    const outcome = test.run({ op: WRITE, lba: 100, blocks: 2048 });
    expect([outcome.status, outcome.op, outcome.lba, outcome.blocks]).toEqual([
      0,
      WRITE,
      100,
      2048,
    ]);
    expect(test.sim.requests.inFlight).toBe(0);
  });
});
