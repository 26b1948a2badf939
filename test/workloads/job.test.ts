import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/engine/core/assert.js';
import { READ, UNMAP, WRITE } from '../../src/engine/core/io.js';
import type { JobPlan } from '../../src/engine/plan/plan.js';
import { SyntheticJob } from '../../src/engine/workloads/job.js';
import { GuestTotals } from '../../src/engine/workloads/totals.js';
import { Below, GIB, JOB, Machine, newSim } from './below.js';

function setUp(changes: Partial<JobPlan> = {}, sim = newSim()) {
  const below = new Below(sim);
  const machine = new Machine();
  const totals = new GuestTotals();
  const plan = { ...JOB, ...changes };
  const capacityBlocks = (4 * GIB) / 512;
  const options = { plan, machine, world: 2, disk: plan.disk, capacityBlocks, totals };
  const job = new SyntheticJob(sim, options, below);
  return { sim, below, machine, totals, job };
}

function run(changes: Partial<JobPlan>, untilNs: number) {
  const all = setUp(changes);
  all.job.start();
  all.sim.runUntil(untilNs);
  return all;
}

describe('SyntheticJob, closed loop', () => {
  it('keeps iodepth in flight and issues the next when one completes', () => {
    const { below, totals, job, sim } = run({ iodepth: 4 }, 10_500);
    // Four at each of 0, 1000, ..., 10000 ns.
    expect(below.seen).toHaveLength(44);
    expect([below.most, job.inFlight, sim.requests.inFlight]).toEqual([4, 4, 4]);
    expect(totals).toMatchObject({ reads: 40, writes: 0, bytesRead: 40 * 4096, errors: 0 });
    expect(sim.digest.count).toBe(40);
    expect(below.seen[43]).toMatchObject({ at: 10_000, op: READ, blocks: 8, world: 2, disk: 3 });
  });

  it('thinks after each completion', () => {
    const { below } = run({ iodepth: 2, thinkNs: 500 }, 4000);
    expect(below.seen.map(({ at }) => at)).toEqual([0, 0, 1500, 1500, 3000, 3000]);
  });

  it('starts at startNs and stops issuing at stopNs', () => {
    const { below, totals, job } = run({ iodepth: 1, startNs: 5000, stopNs: 8000 }, 20_000);
    expect(below.seen.map(({ at }) => at)).toEqual([5000, 6000, 7000]);
    expect([totals.reads, job.inFlight]).toEqual([3, 0]);
  });

  it('stops issuing when thinking reaches past stopNs', () => {
    const { below } = run({ iodepth: 1, thinkNs: 1500, stopNs: 4000 }, 20_000);
    expect(below.seen.map(({ at }) => at)).toEqual([0, 2500]);
  });

  it('goes through its region in order and wraps', () => {
    const { below } = run(
      { rw: 'write', iodepth: 1, offsetBytes: 1 << 20, sizeBytes: 5 * 4096 + 2048 },
      6500,
    );
    expect(below.seen.map(({ lba }) => lba - 2048)).toEqual([0, 8, 16, 24, 32, 0, 8]);
    expect(below.seen.every(({ op }) => op === WRITE)).toBe(true);
  });

  it('gives blocks back in order', () => {
    const { below, totals } = run({ rw: 'unmap', iodepth: 1 }, 2500);
    expect(below.seen.map(({ op, lba }) => [op, lba])).toEqual([
      [UNMAP, 0],
      [UNMAP, 8],
      [UNMAP, 16],
    ]);
    expect(totals).toMatchObject({ reads: 0, writes: 0, others: 2, bytesRead: 0 });
  });

  it('mixes reads and writes, and block sizes, in the given proportions', () => {
    const bs = [
      { bytes: 4096, weight: 60 },
      { bytes: 8192, weight: 30 },
      { bytes: 65536, weight: 10 },
    ];
    const { below } = run({ rw: 'randrw', rwmixread: 70, bs }, 10_000_000);
    const share = (count: number): number => count / below.seen.length;
    const { seen } = below;
    // 40,000 draws: three standard deviations are below 0.8 %.
    expect(share(seen.filter(({ op }) => op === READ).length)).toBeCloseTo(0.7, 2);
    for (const { bytes, weight } of bs) {
      const found = seen.filter(({ blocks }) => blocks === bytes / 512).length;
      expect(Math.abs(share(found) - weight / 100)).toBeLessThan(0.008);
    }
    expect(seen.every(({ lba, blocks }) => lba % 8 === 0 && lba + blocks <= GIB / 512)).toBe(true);
  });

  it('reads only or writes only at the ends of rwmixread', () => {
    for (const [rwmixread, op] of [
      [100, READ],
      [0, WRITE],
    ]) {
      const { below } = run({ rw: 'rw', rwmixread }, 1_000_000);
      expect(below.seen.every((seen) => seen.op === op)).toBe(true);
    }
  });

  it.each(['random', 'zipf'] as const)('stays inside a small region: %s', (distribution) => {
    const bs = [
      { bytes: 4096, weight: 1 },
      { bytes: 12288, weight: 1 },
    ];
    const region = { offsetBytes: 8192, sizeBytes: 5 * 4096 };
    const { below } = run({ ...region, distribution, bs }, 2_000_000);
    for (const { lba, blocks } of below.seen) {
      expect(lba).toBeGreaterThanOrEqual(16);
      expect(lba + blocks).toBeLessThanOrEqual(16 + 40);
    }
    // Every aligned place of the small size is used.
    const small = below.seen.filter(({ blocks }) => blocks === 8).map(({ lba }) => lba);
    expect(new Set(small)).toEqual(new Set([16, 24, 32, 40, 48]));
  });

  it('counts errors and goes on', () => {
    const { sim, below, totals, job } = setUp({ iodepth: 1 });
    below.status = 0x200;
    job.start();
    sim.runUntil(3500);
    expect(totals).toMatchObject({ reads: 3, errors: 3 });
  });

  it('waits for rows, and shares them, when the table is full', () => {
    const sim = newSim(3);
    const first = setUp({ name: 'a', iodepth: 2 }, sim);
    const second = setUp({ name: 'b', iodepth: 2, stopNs: 2_000_000 }, sim);
    first.job.start();
    second.job.start();
    sim.runUntil(1_999_500);
    expect([first.job.inFlight, second.job.inFlight]).toEqual([2, 1]);
    expect(first.below.seen).toHaveLength(2 * 2000);
    // Three answers and one retry, however often the table was found full.
    expect(sim.events.pending).toBe(4);
    sim.runUntil(3_000_500);
    expect([first.job.inFlight, second.job.inFlight]).toEqual([2, 0]);
  });

  it('tries again after a while when every row is someone else’s', () => {
    const sim = newSim(1);
    const taken = sim.requests.take();
    const { job, below } = setUp({ iodepth: 1 }, sim);
    job.start();
    sim.timers.at(500_000, () => sim.requests.give(taken));
    sim.runUntil(1_000_500);
    expect(below.seen.map(({ at }) => at)).toEqual([1_000_000]);
  });

  it('is still while the machine is stunned', () => {
    const { sim, below, machine, job } = setUp({ iodepth: 2 });
    machine.stun(sim, 1500, 10_300);
    job.start();
    sim.runUntil(11_500);
    expect(below.seen.map(({ at }) => at)).toEqual([
      0, 0, 1000, 1000, 10_300, 10_300, 11_300, 11_300,
    ]);
    expect(below.most).toBe(2);
  });

  it('starts when the machine resumes if it was stunned at startNs', () => {
    const { sim, below, machine, job } = setUp({ iodepth: 1, startNs: 1000 });
    machine.stun(sim, 0, 5000);
    job.start();
    sim.runUntil(5500);
    expect(below.seen.map(({ at }) => at)).toEqual([5000]);
  });

  it('repeats itself exactly, and differs by seed and by name', () => {
    const digest = (seed: number, name: string): string => {
      const { sim, job } = setUp({ name, rw: 'randrw', rwmixread: 50 }, newSim(1024, seed));
      job.start();
      sim.runUntil(1_000_000);
      return sim.digest.toString();
    };
    expect(digest(1, 'a')).toBe(digest(1, 'a'));
    expect(digest(2, 'a')).not.toBe(digest(1, 'a'));
    expect(digest(1, 'b')).not.toBe(digest(1, 'a'));
  });

  it('refuses what a plan may not say', () => {
    expect(() => setUp({ sizeBytes: 5 * GIB })).toThrow(AssertionError);
    expect(() => setUp({ sizeBytes: 2048 })).toThrow(AssertionError);
    expect(() => setUp({ bs: [{ bytes: 1000, weight: 1 }] })).toThrow(AssertionError);
    expect(() => setUp({ iodepth: 0 })).toThrow(AssertionError);
  });
});

describe('SyntheticJob, open arrivals', () => {
  it('arrives at the given rate, exponentially, however many are in flight', () => {
    const { below, totals } = run({ rateIops: 20_000, iodepth: 1 }, 1_000_000_000);
    const at = below.seen.map((seen) => seen.at);
    // Poisson with mean 20,000: four standard deviations are 566.
    expect(Math.abs(at.length - 20_000)).toBeLessThan(566);
    expect(totals.reads).toBeGreaterThan(at.length - 5);
    const gaps = at.slice(1).map((time, index) => time - at[index]);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const square = gaps.reduce((sum, gap) => sum + gap * gap, 0) / gaps.length;
    // Exponential: the second moment is twice the mean squared; one in e gaps exceeds the mean.
    expect(square / (mean * mean)).toBeCloseTo(2, 0);
    expect(gaps.filter((gap) => gap > mean).length / gaps.length).toBeCloseTo(1 / Math.E, 1);
  });

  it('grows without bound behind a slow device, up to the rows guests may take', () => {
    const sim = newSim(64);
    const { below, job } = setUp({ rateIops: 1_000_000 }, sim);
    below.latencyNs = 1_000_000_000;
    job.start();
    sim.runUntil(10_000_000);
    // One row in eight is kept for the stack.
    expect(job.inFlight).toBe(56);
  });

  it('has no arrivals while the machine is stunned', () => {
    const { sim, below, machine, job } = setUp({ rateIops: 100_000 });
    machine.stun(sim, 10_000_000, 30_000_000);
    job.start();
    sim.runUntil(40_000_000);
    const at = below.seen.map((seen) => seen.at);
    expect(at.filter((time) => time > 10_000_000 && time < 30_000_000)).toEqual([]);
    // 20 ms at 100,000 per second; four standard deviations are 179.
    expect(Math.abs(at.length - 2000)).toBeLessThan(179);
  });

  it('stops arriving at stopNs', () => {
    const { sim, below, job } = run({ rateIops: 1_000_000, stopNs: 50_000 }, 1_000_000);
    expect(sim.events.pending).toBe(0);
    expect(below.seen.length).toBeGreaterThan(20);
    expect(Math.max(...below.seen.map(({ at }) => at))).toBeLessThan(50_000);
    expect(job.inFlight).toBe(0);
  });

  it('moves on in time at any rate', () => {
    const { below } = run({ rateIops: 1e12, stopNs: 3 }, 10);
    expect(Math.max(...below.seen.map(({ at }) => at))).toBeLessThan(3);
  });
});
