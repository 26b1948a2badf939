/**
 * The dynamic cases of stack-lower 11.3 through the whole stack, from guests to the device: rates
 * within 3 percent after a warm-up of 2 s, whatever the depth of the device.
 */
import { describe, expect, it } from 'vitest';
import { CLOSED, type Guest, Papers, type Server, scenario } from './rig.js';

/** Depths at which every client of the cases still has commands waiting. */
const DEPTHS = [4, 16, 32];

function expectRates(measured: readonly number[], expected: readonly number[], tolerance = 0.03) {
  for (const [index, rate] of expected.entries()) {
    const message = `guest ${index}: ${measured.join(' / ')} instead of ${expected.join(' / ')}`;
    // A window cuts a command in two: half a command per second, over 20 s or more, is nothing.
    const slack = Math.max(0.5, rate * tolerance);
    expect(Math.abs(measured[index] - rate), message).toBeLessThanOrEqual(slack);
  }
}

function check(
  name: string,
  server: Server,
  guests: readonly Guest[],
  expected: readonly number[],
  seconds = 20,
): void {
  for (const depth of DEPTHS) {
    it(`${name}, depth ${depth}`, () => {
      const run = new Papers(scenario({ ...server, depth }, guests));
      expectRates(run.rates(2, 2 + seconds), expected);
    });
  }
}

const weights = (...shares: readonly number[]): Guest[] =>
  shares.map((share, index) => ({ name: `g${index}`, shares: share }));

describe('D1: weights 1:2:4 divide 140 commands per second 1:2:4', () => {
  for (const unit of [1, 250, 1000]) {
    check(`shares ${unit}`, { iops: 140 }, weights(unit, 2 * unit, 4 * unit), [20, 40, 80]);
  }
});

describe('D2: a limit holds although the device is idle', () => {
  for (const depth of DEPTHS) {
    it(`30 and 30 of 160, no 2 s above, device 37 percent busy, depth ${depth}`, () => {
      const run = new Papers(
        scenario({ iops: 160, depth }, [
          { name: 'a', shares: 1, limit: 30 },
          { name: 'b', shares: 3, limit: 30 },
        ]),
      );
      run.rates(0, 2);
      const before = run.sum('spindle', 'activeNs');
      for (let from = 2; from < 12; from += 0.5) {
        for (const rate of run.rates(from, from + 0.5)) expect(rate).toBeLessThanOrEqual(32);
      }
      expect((run.sum('spindle', 'activeNs') - before) / 10e9).toBeCloseTo(0.375, 2);
    });
  }
  check(
    'the same over 20 s',
    { iops: 160 },
    [
      { name: 'a', shares: 1, limit: 30 },
      { name: 'b', shares: 3, limit: 30 },
    ],
    [30, 30],
  );
});

describe('D3: equal weights give equal cost', () => {
  check(
    '75 small and 25 of three units',
    { iops: 150, unitBytes: '32KiB' },
    [
      { name: 'small', load: CLOSED },
      { name: 'large', load: 'rw: randread, bs: 96k, iodepth: 32' },
    ],
    [75, 25],
  );
});

describe('D4: reservations, shares and a limit at four capacities', () => {
  const guests = [
    { name: 'a', shares: 1, reservation: 25 },
    { name: 'b', shares: 2, reservation: 25 },
    { name: 'c', shares: 3, limit: 100 },
  ];
  const expected: readonly (readonly [number, readonly number[]])[] = [
    [40, [20, 20, 0]],
    [70, [25, 25, 20]],
    [120, [25, 95 * (2 / 5), 95 * (3 / 5)]],
    [160, [160 / 6, 160 / 3, 80]],
  ];
  for (const [iops, rates] of expected) check(`T = ${iops}`, { iops }, guests, rates, 30);
});

describe('F5 to F8: the same kind of mix at hundreds per second', () => {
  const guests = [
    { name: 'a', shares: 1, reservation: 250 },
    { name: 'b', shares: 2, reservation: 250 },
    { name: 'c', shares: 3, limit: 1000 },
  ];
  const expected: readonly (readonly [number, readonly number[]])[] = [
    [1200, [250, 380, 570]],
    [700, [250, 250, 200]],
    [2500, [500, 1000, 1000]],
    [300, [150, 150, 0]],
  ];
  for (const [iops, rates] of expected) check(`T = ${iops}`, { iops }, guests, rates, 10);
});

describe('D5: reservations come first and count toward the share', () => {
  const guests = [300, 250, 0, 0, 0].map((reservation, index) => ({
    name: `g${index}`,
    shares: index < 2 ? 1 : 2,
    reservation,
  }));
  check('mClock', { iops: 1500 }, guests, [300, 250, 950 / 3, 950 / 3, 950 / 3], 10);
  check(
    'SFQ knows shares only',
    { iops: 1500, settings: 'Disk.SchedulerWithReservation: 0' },
    guests,
    [187.5, 187.5, 375, 375, 375],
    10,
  );
  it('without a scheduler all get the same', () => {
    const settings = 'Vmtop.FifoScheduler: 1';
    const run = new Papers(scenario({ iops: 1500, settings }, guests));
    expectRates(run.rates(2, 12), [300, 300, 300, 300, 300]);
  });
});

describe('D6: a limit on the data mover gives its neighbours room', () => {
  const guests = [
    { name: 'bursts', shares: 2, load: 'rw: randread, bs: 4k, burst: { count: 32, every: 250ms }' },
    { name: 'oltp', shares: 2, load: 'rw: randread, bs: 8k, iodepth: 32' },
    { name: 'mover', shares: 1, load: CLOSED },
  ];
  const more = 'changes: [{ at: 140s, vm: mover, limit: 300 }]';

  // The device holds 64: all 32 of oltp and, by Little's law, 128/s of the bursts for 64/1150 s each
  // are in it, so oltp gets 32 / 55.7 ms and the mover the rest. Limited, the device is not full:
  // 32 / 722 s is the latency of all.
  it('depth 64: 128/575/447 before, 128/722/300 after, with less latency for the others', () => {
    const settings = 'Disk.SchedNumReqOutstanding: 64';
    const run = new Papers(scenario({ iops: 1150, depth: 64, settings, more }, guests));
    expectRates(run.rates(100, 120), [128, 575, 447]);
    const before = run.latencies(120, 140);
    expect(Math.abs(run.rates(141, 142)[2] - 300)).toBeLessThanOrEqual(9);
    expectRates(run.rates(142, 162), [128, 722, 300]);
    const after = run.latencies(162, 182);
    expect(after[0]).toBeLessThan(before[0] * 0.9);
    expect(after[1] / (32e3 / 722)).toBeCloseTo(1, 1);
    expect(before[1] / (32e3 / 575)).toBeCloseTo(1, 1);
  });

  // The device holds 32: who waits is decided by shares, 2:1 of what the bursts leave.
  it('depth 32: 128/681/341 before, 128/722/300 after, and the bursts do not suffer', () => {
    const run = new Papers(scenario({ iops: 1150, depth: 32, more }, guests));
    expectRates(run.rates(100, 120), [128, 1022 * (2 / 3), 1022 / 3]);
    const before = run.latencies(120, 140);
    expectRates(run.rates(142, 162), [128, 722, 300]);
    const after = run.latencies(162, 182);
    expect(after[0]).toBeLessThan(before[0] * 1.05);
    expect(after[1]).toBeLessThan(before[1]);
    expect(after[2]).toBeGreaterThan(before[2]);
  });
});

describe('D7: idle credit', () => {
  const guests = [
    { name: 'bursts', load: 'rw: randread, bs: 4k, burst: { count: 128, every: 400ms }' },
    { name: 'steady', load: CLOSED },
  ];
  function measure(credit: number, depth: number): { rates: number[]; latency: number } {
    const settings = `Disk.IdleCredit: ${credit}`;
    const yaml = scenario({ iops: 2740, depth, settings }, guests);
    const run = new Papers(yaml);
    const rates = run.rates(2, 22);
    return { rates, latency: run.latencies(22, 42)[0] };
  }
  for (const depth of [8, 16, 32]) {
    it(`64 instead of 1 lowers the bursts' latency by a quarter, depth ${depth}`, () => {
      const little = measure(1, depth);
      const much = measure(64, depth);
      console.log(depth, little, much);
      expectRates(little.rates, [320, 2420]);
      expectRates(much.rates, [320, 2420]);
      expect(much.latency / little.latency).toBeLessThanOrEqual(0.75);
    });
  }
});
