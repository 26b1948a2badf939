import { describe, expect, it } from 'vitest';
import { READ, UNMAP } from '../../../src/engine/core/io.js';
import { costOf } from '../../../src/engine/qos/cost.js';
import { build, type ClientSpec, fluid, measure, rates } from './rig.js';

const TOLERANCE = 0.03;

/** Rates within 3 percent of the expected ones, or of one command per second when none is due. */
function expectRates(measured: readonly number[], expected: readonly number[]): void {
  for (const [index, rate] of expected.entries()) {
    const message = `client ${index}: ${measured.join(' / ')} instead of ${expected.join(' / ')}`;
    const slack = Math.max(1, rate * TOLERANCE);
    expect(Math.abs(measured[index] - rate), message).toBeLessThanOrEqual(slack);
  }
}

describe('cost of a command (F4)', () => {
  it('is one per started 32 KB, and one without data', () => {
    const cost = (bytes: number): number => costOf(READ, bytes / 512, 64);
    expect([4096, 32_768, 33 * 1024, 65_536, 1_048_576].map(cost)).toEqual([1, 1, 2, 2, 32]);
    expect(costOf(READ, 0, 64)).toBe(1);
    expect(costOf(UNMAP, 1_000_000, 64)).toBe(1);
  });
});

describe('allocation with reservations, limits and shares (F5 to F8, D4)', () => {
  const water: readonly ClientSpec[] = [
    { shares: 1, reservation: 250 },
    { shares: 2, reservation: 250 },
    { shares: 3, limit: 1000 },
  ];
  const small: readonly ClientSpec[] = [
    { shares: 1, reservation: 25 },
    { shares: 2, reservation: 25 },
    { shares: 3, limit: 100 },
  ];
  const cases: readonly [string, number, readonly ClientSpec[], readonly number[]][] = [
    ['F5', 1200, water, [250, 380, 570]],
    ['F6', 700, water, [250, 250, 200]],
    ['F7', 2500, water, [500, 1000, 1000]],
    ['F8', 300, water, [150, 150, 0]],
    ['D4 at 40', 40, small, [20, 20, 0]],
    ['D4 at 70', 70, small, [25, 25, 20]],
    ['D4 at 120', 120, small, [25, 38, 57]],
    ['D4 at 160', 160, small, [26.7, 53.3, 80]],
  ];
  for (const [name, capacity, clients, expected] of cases) {
    it(`${name}: capacity ${capacity} gives ${expected.join(' / ')}`, () => {
      expectRates(fluid(capacity, clients), expected);
      expectRates(rates(build(capacity, clients), 20), expected);
    });
  }
});

describe('shares, limits and costs over time', () => {
  it('D1: weights 1:2:4 divide the device 1:2:4, whatever their scale', () => {
    for (const unit of [1, 500]) {
      const clients = [1, 2, 4].map((weight) => ({ shares: weight * unit }));
      expectRates(rates(build(140, clients), 20), [20, 40, 80]);
    }
  });

  it('D2: limits hold although the device is idle, and never overshoot', () => {
    const rig = build(160, [
      { shares: 1, limit: 30 },
      { shares: 3, limit: 30 },
    ]);
    rig.loop.start();
    rig.sim.runUntil(2e9);
    const busyBefore = rig.server.busyNs;
    for (let window = 0; window < 10; window++) expectRates(measure(rig, 2), [30, 30]);
    expect((rig.server.busyNs - busyBefore) / 20e9).toBeCloseTo(0.375, 2);
  });

  it('D3: equal weights give equal cost, so dear commands are fewer', () => {
    const clients = [
      { shares: 1, blocks: 64 },
      { shares: 1, blocks: 192 },
    ];
    expectRates(rates(build(150, clients), 20), [75, 25]);
  });

  it('D5: reservations come first and count toward the share', () => {
    const clients = [
      { shares: 1, reservation: 300 },
      { shares: 1, reservation: 250 },
      { shares: 2 },
      { shares: 2 },
      { shares: 2 },
    ];
    expectRates(rates(build(1500, clients), 10), [300, 250, 316.7, 316.7, 316.7]);
  });

  it('counts a 64 KB command twice toward a limit', () => {
    expectRates(rates(build(1000, [{ shares: 1000, limit: 160, blocks: 128 }])), [80]);
  });
});

describe('settings that change while running', () => {
  it('a limit bites at once and leaves no claim when it is lifted', () => {
    // More outstanding than the device takes, so that something always waits.
    const client = { shares: 1000, outstanding: 100 };
    const rig = build(1000, [client, client]);
    expectRates(rates(rig, 5), [500, 500]);
    rig.queue.setQos(1, 2, 'vm1', { shares: 1000, reservation: 0, limit: 100 });
    rig.sim.runUntil(rig.sim.now + 1e9);
    expectRates(measure(rig, 30), [900, 100]);
    rig.queue.setQos(1, 2, 'vm1', { shares: 1000, reservation: 0, limit: 0 });
    rig.sim.runUntil(rig.sim.now + 1e9);
    expectRates(measure(rig, 5), [500, 500]);
  });

  it('new shares and a new reservation take effect for what already waits', () => {
    const rig = build(1000, [{ shares: 1000 }, { shares: 1000 }]);
    expectRates(rates(rig, 5), [500, 500]);
    rig.queue.setQos(0, 1, 'vm0', { shares: 3000, reservation: 0, limit: 0 });
    rig.sim.runUntil(rig.sim.now + 1e9);
    expectRates(measure(rig, 5), [750, 250]);
    rig.queue.setQos(1, 2, 'vm1', { shares: 1000, reservation: 400, limit: 0 });
    rig.sim.runUntil(rig.sim.now + 1e9);
    expectRates(measure(rig, 5), [600, 400]);
    rig.queue.setQos(1, 2, 'vm1', { shares: 1000, reservation: 0, limit: 0 });
    rig.sim.runUntil(rig.sim.now + 2e9);
    expectRates(measure(rig, 5), [750, 250]);
  });

  it('a client that joins late gets its share, not the time it was away', () => {
    const rig = build(1000, [{ shares: 1000 }, { shares: 1000, outstanding: 0 }]);
    rig.loop.start();
    rig.sim.runUntil(20e9);
    for (let count = 0; count < 32; count++) rig.loop.issue(1);
    expectRates(measure(rig, 2), [500, 500]);
  });

  it('the same when the others never had to wait, and one of them holds a reservation', () => {
    const rig = build(1000, [
      { shares: 1000, reservation: 10 },
      { shares: 1000, outstanding: 0 },
    ]);
    rig.loop.start();
    rig.sim.runUntil(20e9);
    for (let count = 0; count < 100; count++) rig.loop.issue(1);
    expectRates(measure(rig, 2), [500, 500]);
  });

  it('service beyond a reservation does not use it up (trap 4 of 9.6)', () => {
    const rig = build(1000, [
      { shares: 100, reservation: 250, outstanding: 100 },
      { shares: 9900, outstanding: 0 },
    ]);
    rig.loop.start();
    rig.sim.runUntil(20e9);
    for (let count = 0; count < 100; count++) rig.loop.issue(1);
    rig.sim.runUntil(21e9);
    expectRates(measure(rig, 5), [250, 750]);
  });
});
