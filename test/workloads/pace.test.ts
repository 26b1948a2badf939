import { describe, expect, it } from 'vitest';
import type { JobPlan } from '../../src/engine/plan/plan.js';
import { SyntheticJob } from '../../src/engine/workloads/job.js';
import { GuestTotals } from '../../src/engine/workloads/totals.js';
import { Below, GIB, JOB, Machine, newSim } from './below.js';

function setUp(changes: Partial<JobPlan>, inFlightMax?: number) {
  const sim = newSim();
  const below = new Below(sim);
  const machine = new Machine();
  const job = new SyntheticJob(
    sim,
    {
      plan: { ...JOB, ...changes },
      machine,
      world: 2,
      disk: 3,
      capacityBlocks: (4 * GIB) / 512,
      totals: new GuestTotals(),
      ...(inFlightMax === undefined ? {} : { inFlightMax }),
    },
    below,
  );
  job.start();
  const times = (): number[] => below.seen.map(({ at }) => at);
  return { sim, below, machine, job, times };
}

describe('evenly spaced arrivals', () => {
  it('come at once and then every 1/rate, with no drift', () => {
    const { sim, times } = setUp({ rateIops: 3e6, rateProcess: 'linear', startNs: 100 });
    sim.runUntil(1_000_100);
    expect(times().slice(0, 4)).toEqual([100, 433, 766, 1100]);
    expect(times()).toHaveLength(3001);
    expect(times()[3000]).toBe(1_000_100);
  });

  it('begin anew after a stun', () => {
    const { sim, machine, times } = setUp({ rateIops: 1e6, rateProcess: 'linear' });
    machine.stun(sim, 1500, 5250);
    sim.runUntil(7000);
    expect(times()).toEqual([0, 1000, 5250, 6250]);
  });
});

describe('bursts', () => {
  it('are so many commands at one instant, again and again, whatever is in flight', () => {
    const { sim, below, times } = setUp({
      burst: { count: 3, everyNs: 10_000 },
      startNs: 5000,
      stopNs: 25_000,
    });
    below.latencyNs = 15_000;
    sim.runUntil(100_000);
    expect(times()).toEqual([5000, 5000, 5000, 15_000, 15_000, 15_000]);
    expect(below.most).toBe(6);
  });
});

describe('rows an open loop may hold', () => {
  it('are limited; the rest waits in the guest and counts as asked', () => {
    const { sim, below, job } = setUp({ rateIops: 1e6, rateProcess: 'linear' }, 10);
    below.latencyNs = 100_000;
    sim.runUntil(50_500);
    expect([job.inFlight, job.asked, job.issued, job.waiting]).toEqual([10, 51, 10, 41]);
    // As answers come the waiting ones go, ten per 100 us.
    sim.runUntil(100_500);
    expect([job.inFlight, job.asked, job.issued]).toEqual([10, 101, 11]);
  });
});

describe('a change of pace', () => {
  it('gives a closed loop more commands at once', () => {
    const { sim, below, job } = setUp({ iodepth: 2 });
    sim.timers.at(10_500, () => job.setPace({ iodepth: 5 }));
    sim.runUntil(10_400);
    expect([below.inFlight, below.most]).toEqual([2, 2]);
    sim.runUntil(20_400);
    expect([below.inFlight, below.most]).toEqual([5, 5]);
    expect(job.asked).toBe(job.issued);
  });

  it('lets a closed loop shrink as its commands come back, and grow again', () => {
    const { sim, below, job } = setUp({ iodepth: 8 });
    sim.timers.at(10_500, () => job.setPace({ iodepth: 3 }));
    sim.runUntil(10_600);
    expect(below.inFlight).toBe(8);
    sim.runUntil(11_500);
    expect(below.inFlight).toBe(3);
    sim.timers.at(20_500, () => {
      job.setPace({ iodepth: 1 });
      job.setPace({ iodepth: 4 });
    });
    sim.runUntil(30_500);
    expect([below.inFlight, below.most]).toEqual([4, 8]);
  });

  it('holds for a loop that has not begun', () => {
    const { sim, below, job } = setUp({ iodepth: 8, startNs: 5000 });
    job.setPace({ iodepth: 2, thinkNs: 500 });
    sim.runUntil(8_400);
    expect(below.seen.map(({ at }) => at)).toEqual([5000, 5000, 6500, 6500, 8000, 8000]);
  });

  it('takes effect at once for a rate, however far off the next arrival was', () => {
    const { sim, job, times } = setUp({ rateIops: 1, rateProcess: 'linear' });
    sim.timers.at(5000, () => job.setPace({ rateIops: 1e6 }));
    sim.timers.at(8500, () => job.setPace({ rateIops: 1 }));
    sim.runUntil(2e9);
    expect(times()).toEqual([0, 5000, 6000, 7000, 8000, 8500, 1_000_008_500]);
  });

  it('keeps Poisson arrivals Poisson', () => {
    const { sim, job, times } = setUp({ rateIops: 1000 });
    sim.timers.at(1e9, () => job.setPace({ rateIops: 10_000 }));
    sim.runUntil(2e9);
    const before = times().filter((at) => at < 1e9).length;
    const after = times().length - before;
    // Four standard deviations of counts with means 1,000 and 10,000.
    expect(Math.abs(before - 1000)).toBeLessThan(127);
    expect(Math.abs(after - 10_000)).toBeLessThan(400);
  });
});
