/**
 * PARDA (stack-lower reference, 10 and 11.4): the control law by itself, and published cases through
 * the whole stack. Tolerances of the reference: rates 3 %, ratios 5 %, latencies 10 %.
 */
import { describe, expect, it } from 'vitest';
import { nextWindow } from '../../src/engine/qos/parda.js';
import { fixedPoint } from './parda-equilibrium.js';
import { Experiment, type Guest, type Step } from './parda-rig.js';

const BOUNDS = { min: 4, max: 64 };
const four = (guest: Guest = {}): Guest[] => [guest, guest, guest, guest];

function expectNear(value: number, expected: number, percent: number): void {
  expect(value).toBeGreaterThan(expected * (1 - percent / 100));
  expect(value).toBeLessThan(expected * (1 + percent / 100));
}

describe('the control law', () => {
  it('F1, F2: one step above and one below the threshold', () => {
    expect(nextWindow(32, 40, 30, 1, BOUNDS)).toBeCloseTo(26.4, 9);
    expect(nextWindow(20, 15, 30, 2, BOUNDS)).toBeCloseTo(37.6, 9);
  });

  it('F3: the fixed point of four equal hosts', () => {
    const { latencyNs, windows } = fixedPoint(30e6, 3350, [1, 1, 1, 1]);
    expect(latencyNs / 1e6).toBeCloseTo(31.19, 2);
    for (const window of windows) expect(window).toBeCloseTo(26.13, 2);
  });

  it('arrives at the fixed point from anywhere', () => {
    const betas = [1, 1, 2, 2];
    const { windows: expected } = fixedPoint(25e6, 3350, betas);
    let windows = [64, 4, 4, 64];
    for (let step = 0; step < 200; step++) {
      const latencyNs = (windows.reduce((sum, window) => sum + window, 0) / 3350) * 1e9;
      windows = windows.map((w, host) => nextWindow(w, latencyNs, 25e6, betas[host], BOUNDS));
    }
    for (const [host, window] of windows.entries()) expectNear(window, expected[host], 0.1);
  });

  it('stays within its bounds, and opens when nothing is measured', () => {
    expect(nextWindow(5, 300, 30, 0, BOUNDS)).toBe(4);
    expect(nextWindow(60, 10, 30, 1, BOUNDS)).toBe(64);
    expect(nextWindow(8, 0, 30, 1, BOUNDS)).toBe(64);
  });
});

describe('P1: four hosts with equal shares', () => {
  const free = new Experiment({ guests: four() }).measure(10, 30);
  const bound = new Experiment({ guests: four(), sioc: 'true' }).measure(40, 100);

  it('without control the latency is what the queues make it', () => {
    expect(free.rates().reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(3350, -2);
    // Little's law: 4 x 32 commands at 3350 per second.
    expectNear(free.deviceMs(), 38.2, 3);
    expect(free.run.entities('sioc')).toEqual([]);
  });

  it('with control the latency is just above the threshold and the rate is the same', () => {
    const rates = bound.rates();
    expectNear(
      rates.reduce((sum, rate) => sum + rate, 0),
      3350,
      3,
    );
    for (const rate of rates) expectNear(rate, 3350 / 4, 5);
    expectNear(bound.deviceMs(), 31.19, 5);
    for (const { window, entitlement } of bound.steps(4)) {
      expectNear(window, 26.13, 5);
      expect(entitlement).toBeCloseTo(0.25, 2);
    }
    expect(bound.run.of('sioc.congested')).toHaveLength(1);
    expect(bound.run.of('sioc.external')).toEqual([]);
  });

  it('takes one step every 2 s: that of 100 s is a moment later', () => {
    for (const { steps } of bound.steps(4)) expect(steps).toBe(49);
  });
});

describe('P2: shares of 1000, 1000, 2000, 2000', () => {
  it('windows and rates follow the shares', () => {
    const guests = [{}, {}, { shares: 2000 }, { shares: 2000 }].map((g) => ({ ...g, depth: 64 }));
    const test = new Experiment({ guests, sioc: '{ threshold: 25ms }' }).measure(160, 220);
    const rates = test.rates();
    const steps = test.steps(4);
    for (const host of [0, 1]) {
      expectNear(rates[host], 3350 / 6, 5);
      expectNear(rates[host + 2] / rates[host], 2, 5);
      expectNear(steps[host].window, 15, 10);
      expectNear(steps[host + 2].window, 30, 10);
    }
    expect(test.deviceMs()).toBeGreaterThan(25);
    expect(test.deviceMs()).toBeLessThan(27.5);
  });
});

describe('raw share values', () => {
  it('of any size divide the datastore in proportion', () => {
    const guests = [1, 2, 4].map((shares) => ({ shares, depth: 64 }));
    const sioc = '{ threshold: 50ms }';
    const test = new Experiment({ guests, sioc, rate: 1400 }).measure(200, 260);
    for (const [host, rate] of test.rates().entries()) expectNear(rate, [200, 400, 800][host], 5);
    expectNear(test.deviceMs(), 53, 5);
  });

  it('so small that windows are a few commands', () => {
    const guests = [{ shares: 1000 }, { shares: 3000 }];
    const sioc = '{ threshold: 20ms }';
    const setting = { guests, sioc, rate: 1000, parallel: 1 };
    const test = new Experiment(setting).measure(120, 200);
    // 21 commands at the datastore: 5.3 and 15.9.
    expectNear(test.rate(2) / test.rate(1), 3, 5);
  });
});

describe('the running controller', () => {
  it('makes each step by the law, from what it shows', () => {
    const guests = [{ depth: 64 }, { depth: 64, shares: 3000 }];
    const test = new Experiment({ guests, sioc: '{ threshold: 20ms }', rate: 2000 });
    let before: Step[] | undefined;
    let compared = 0;
    for (let second = 2; second <= 60; second += 2) {
      test.measure(second, second + 1);
      const steps = test.steps(2);
      if (before !== undefined) {
        for (const [host, { window, latencyMs, thresholdMs, beta }] of steps.entries()) {
          const bounds = { min: 4, max: 64 };
          const expected = nextWindow(before[host].window, latencyMs, thresholdMs, beta, bounds);
          expect(window).toBeCloseTo(expected, 9);
          compared++;
        }
      }
      before = steps;
    }
    expect(compared).toBe(58);
    expect(before?.[1].beta).toBeCloseTo(3 * (before?.[0].beta ?? 0), 6);
  });

  it('opens the windows below the threshold: full work conservation', () => {
    const test = new Experiment({
      guests: [{ depth: 64, stop: 60 }, { depth: 64, stop: 60 }, { depth: 16 }],
      sioc: 'true',
      rate: 2000,
    });
    test.measure(50, 60);
    expect(test.step(3).congested).toBe(true);
    expect(test.step(1).window).toBeLessThan(32);
    test.measure(90, 100);
    // 16 commands at 2000 per second take 8 ms.
    expectNear(test.rate(3), 2000, 3);
    for (const step of test.steps(3)) expect(step).toMatchObject({ window: 64, congested: false });
    expect(test.run.of('sioc.normal')).toHaveLength(1);
  });

  it('counts only shares that are used: an idle machine does not widen its host', () => {
    const guests = [{ host: 'esx1' }, { host: 'esx1', stop: 1 }, { host: 'esx2' }];
    const both = guests.map((guest) => ({ depth: 64, ...guest }));
    const test = new Experiment({ guests: both, hosts: 2, sioc: 'true', rate: 1500 });
    test.measure(100, 160);
    expectNear(test.rate(1), 750, 5);
    expectNear(test.rate(3), 750, 5);
  });

  it('splits by the machines of two hosts: throughput follows shares across hosts', () => {
    const guests = [
      { host: 'esx1', depth: 64 },
      { host: 'esx1', depth: 64, shares: 2000 },
      { host: 'esx2', depth: 64 },
    ];
    const test = new Experiment({ guests, hosts: 2, sioc: 'true', rate: 2000 });
    test.measure(160, 220);
    const [a, b, c] = test.rates();
    expectNear(a, 500, 5);
    expectNear(b, 1000, 5);
    expectNear(c, 500, 5);
    expect(test.step(1).entitlement).toBeCloseTo(0.75, 2);
  });
});

/** P1 at half the speed: the same windows, and half the work for the engine. */
const RATE = 1675;
const SLOWER = { rate: RATE, sioc: '{ threshold: 60ms }' };
const SETTLED_MS = fixedPoint(60e6, RATE, [1, 1, 1, 1]).latencyNs / 1e6;

describe('hosts that come and go', () => {
  it('a host joins with its first command and leaves room again when it stops', () => {
    const guests = [{}, {}, {}, { start: 60, stop: 200 }].map((g) => ({ depth: 64, ...g }));
    const test = new Experiment({ guests, ...SLOWER });
    test.measure(40, 58);
    expect(test.step(4).steps).toBe(0);
    for (const host of [1, 2, 3]) expectNear(test.rate(host), RATE / 3, 5);
    test.measure(100, 198);
    for (const host of [1, 2, 3, 4]) expectNear(test.rate(host), RATE / 4, 5);
    expectNear(test.deviceMs(), SETTLED_MS, 10);
    test.measure(250, 280);
    for (const host of [1, 2, 3]) expectNear(test.rate(host), RATE / 3, 5);
    expectNear(test.deviceMs(), SETTLED_MS, 10);
    expect(test.step(4).entitlement).toBeLessThan(0.01);
  });

  it('a host that loses the device is forgotten after three periods', () => {
    const guests = four({ depth: 64 });
    const test = new Experiment({ guests, ...SLOWER }).measure(50, 61);
    const heal = test.run.inject('apd', 'esx4/lun0');
    // Its last block is of 60 s: two periods old, then four.
    test.measure(64, 65);
    expect(test.step(1).entitlement).toBeCloseTo(1 / 4, 2);
    test.measure(68, 69);
    expect(test.step(1).entitlement).toBeCloseTo(1 / 3, 2);
    test.measure(90, 110);
    for (const host of [1, 2, 3]) expectNear(test.rate(host), RATE / 3, 5);
    expectNear(test.deviceMs(), SETTLED_MS, 10);
    const { steps } = test.step(4);
    heal();
    test.measure(170, 200);
    expect(test.step(4).steps).toBeGreaterThan(steps + 10);
    for (const host of [1, 2, 3, 4]) expectNear(test.rate(host), RATE / 4, 10);
  });
});

describe('a host that is not controlled', () => {
  const guests = four({ depth: 64 });
  const off = 'Vmtop.SIOControl: 0';

  it('is noticed by the throughput it takes, and throttling is suspended', () => {
    const settings = { 4: off };
    const test = new Experiment({ guests, sioc: 'true', settings }).measure(20, 40);
    const [first] = test.run.of('sioc.external');
    expect(first?.at).toBeLessThan(30e9);
    // Nobody is throttled: every host has its 64 commands there, and gets its quarter.
    for (const host of [1, 2, 3, 4]) expectNear(test.rate(host), 3350 / 4, 5);
    expect(test.step(1).window).toBe(64);
    expect(test.step(4)).toMatchObject({ steps: 0 });
  });

  it('takes what the others give up where this is not watched', () => {
    const more = 'Vmtop.SIOControlExternal: 0';
    const settings = { 1: more, 2: more, 3: more, 4: off };
    const test = new Experiment({ guests, sioc: 'true', settings }).measure(40, 60);
    expect(test.run.of('sioc.external')).toEqual([]);
    expect(test.rate(4)).toBeGreaterThan(1.8 * test.rate(1));
  });
});

describe('the automatic threshold', () => {
  it('is the latency at a part of the peak of the idle datastore, measured before the run', () => {
    // 16 side by side at 1000 per second: 16 ms each from 1 to 16 outstanding, so at 90 % of peak.
    const sioc = '{ threshold: automatic, percentOfPeak: 90 }';
    const test = new Experiment({ guests: four(), sioc, rate: 1000, parallel: 16 });
    test.measure(40, 80);
    expect(test.run.of('sioc.threshold', 'prod')).toMatchObject([{ at: 0 }]);
    expectNear(test.step(1).thresholdMs, 16, 5);
    expectNear(test.deviceMs(), 17, 10);
    expect(test.run.sim.layers.some(({ name }) => name.includes('injector'))).toBe(false);
  });

  it('stays within 5 ms and 100 ms', () => {
    const sioc = '{ threshold: automatic }';
    const thresholdMs = (rate: number) =>
      new Experiment({ guests: [{}], sioc, rate, parallel: 4 }).measure(0, 1).step(1).thresholdMs;
    // 4 at 8000 per second take 0.5 ms, 4 at 20 per second 200 ms.
    expect(thresholdMs(8000)).toBe(5);
    expect(thresholdMs(20)).toBe(100);
  });
});

describe('statistics only', () => {
  it('measures and leaves the queues alone', () => {
    const sioc = '{ statisticsOnly: true }';
    const test = new Experiment({ guests: four(), sioc }).measure(20, 40);
    expectNear(test.deviceMs(), 38.2, 3);
    expect(test.step(1)).toMatchObject({ congested: true, window: 64 });
    expect(test.step(1).steps).toBeGreaterThan(15);
  });
});
