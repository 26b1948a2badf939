import { describe, expect, it } from 'vitest';
import { Sim } from '../../../src/engine/core/sim.js';
import { DatastoreControl } from '../../../src/engine/stack/storage-io-control/datastore-control.js';
import { ExternalLoad } from '../../../src/engine/stack/storage-io-control/external-load.js';
import { Injector } from '../../../src/engine/stack/storage-io-control/injector.js';
import { latencyAtPart } from '../../../src/engine/stack/storage-io-control/threshold-finder.js';
import { TestDevice } from '../rig.js';

const MS = 1e6;

describe('a load from outside', () => {
  const seen = { congested: true, rate: 1000, outstanding: 100, windows: 100 };

  it('shows after three steps in which smaller windows have cost a quarter of the rate', () => {
    const load = new ExternalLoad();
    expect([1, 2].map(() => load.observe(seen))).toEqual([false, false]);
    const less = { ...seen, rate: 700, outstanding: 60, windows: 60 };
    expect([1, 2, 3].map(() => load.observe(less))).toEqual([false, false, true]);
  });

  it.each([
    ['the rate is what it was', { rate: 990 }],
    ['hosts ask for less than they may', { rate: 500, outstanding: 30 }],
    ['there is no congestion', { rate: 500, congested: false }],
  ])('is not seen while %s', (_, change) => {
    const load = new ExternalLoad();
    load.observe(seen);
    load.observe(seen);
    const found = [1, 2, 3, 4, 5].map(() => load.observe({ ...seen, ...change }));
    expect(found).not.toContain(true);
  });
});

it('a single good step is not what later ones are measured by: a cache that fills up', () => {
  const load = new ExternalLoad();
  const rates = [3200, 2170, 2160, 2150, 2160, 2150];
  const found = rates.map((rate) =>
    load.observe({ congested: true, rate, outstanding: 100, windows: 100 }),
  );
  expect(found).not.toContain(true);
});

describe('the state of a datastore', () => {
  function setUp() {
    const sim = new Sim(1, 16);
    const plan = { enforced: true, thresholdNs: 30 * MS, percentOfPeak: 0 };
    const control = new DatastoreControl(sim, 'prod', plan, 2);
    const kinds = () => sim.log.entries.map(({ kind }) => kind);
    return { sim, control, kinds };
  }

  it('changes to congested at once and back after three quiet periods', () => {
    const { control, kinds } = setUp();
    for (const ms of [20, 31, 29, 29, 31, 29, 29]) control.noteLatency(ms * MS);
    expect(kinds()).toEqual(['sioc.congested']);
    control.noteLatency(30 * MS);
    expect(kinds()).toEqual(['sioc.congested', 'sioc.normal']);
  });

  it('suspends throttling for 15 periods', () => {
    const { sim, control, kinds } = setUp();
    const seen = { congested: true, rate: 1000, outstanding: 9, windows: 9 };
    control.watch(seen, 4e9);
    control.watch(seen, 4e9);
    for (let step = 0; step < 3; step++) control.watch({ ...seen, rate: 1 }, 4e9);
    expect(kinds()).toEqual(['sioc.external']);
    expect(control.suspended).toBe(true);
    sim.runUntil(59e9);
    expect(control.suspended).toBe(true);
    sim.runUntil(60e9);
    expect(control.suspended).toBe(false);
  });
});

describe('the injector', () => {
  it('measures rate and latency of a number of outstanding reads', () => {
    const sim = new Sim(1, 64);
    const device = new TestDevice(sim, 2 * MS);
    const injector = new Injector(sim, { host: 'h', datastore: 'd', blocks: 1 << 20 }, device);
    const rates: number[] = [];
    injector.measure(8, ({ ratePerSecond }) => rates.push(ratePerSecond));
    sim.runUntil(2e9);
    // Eight at once, 2 ms each.
    expect(rates).toEqual([4000]);
    expect(sim.requests.inFlight).toBe(0);
    expect(device.seen.every(({ lba, blocks }) => lba + blocks <= 1 << 20)).toBe(true);
  });

  it.each([
    // At 90 % of 100: half way between 80 at 10 ms and 100 at 20 ms.
    [90, 15],
    [80, 10],
    [100, 20],
    // A quarter of the way from 40 at 5 ms to 80 at 10 ms.
    [50, 6.25],
  ])('finds the latency at %i %% of the peak', (percent, latencyMs) => {
    const level = (outstanding: number, ratePerSecond: number, ms: number) => ({
      outstanding,
      ratePerSecond,
      latencyNs: ms * MS,
    });
    const levels = [level(1, 40, 5), level(2, 80, 10), level(4, 100, 20), level(8, 99, 40)];
    expect(latencyAtPart(levels, percent / 100) / MS).toBeCloseTo(latencyMs, 9);
  });

  it('finds nothing where nothing was done', () => {
    expect(latencyAtPart([], 0.9)).toBe(0);
    expect(latencyAtPart([{ outstanding: 1, ratePerSecond: 0, latencyNs: 0 }], 0.9)).toBe(0);
  });
});
