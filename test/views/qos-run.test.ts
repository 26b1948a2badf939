/** What the QoS screen says of published cases that really run (stack-lower reference, 11.3). */
import { describe, expect, test } from 'vitest';
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { type Allocation, allocationOf } from '../../src/engine/views/kit/allocation.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import { viewRows } from '../../src/engine/views/kit/view.js';
import { qos } from '../../src/engine/views/qos.js';
import { type Guest, type Server, scenario } from '../papers/rig.js';
import { planOf } from '../scenario/helpers.js';

const WARM_UP = 2e9;

/** Each guest's allocation over the seconds after a warm-up of two. */
function seen(server: Server, guests: readonly Guest[], seconds = 10): Allocation[] {
  const simulation = new Simulation(planOf(scenario(server, guests)));
  simulation.runUntil(WARM_UP);
  const before = simulation.sample();
  simulation.runUntil(WARM_UP + seconds * 1e9);
  const window = {
    entities: new Entities(simulation.entities),
    before,
    after: simulation.sample(),
  };
  return viewRows(qos, window).flatMap((row) => allocationOf(row) ?? []);
}

/** Rates within 3 % of the reference, the rule of its section 11. */
function expectNear(rates: readonly number[], expected: readonly number[]): void {
  for (const [index, rate] of expected.entries()) {
    expect(Math.abs((rates[index] ?? 0) / rate - 1)).toBeLessThan(0.03);
  }
}

describe.each([
  [120, [25, 38, 57], ['reserved', 'shares', 'shares']],
  [160, [160 / 6, 320 / 6, 80], ['shares', 'shares', 'shares']],
])('D4 at %i per second', (iops, expected, why) => {
  const found = seen({ iops }, [
    { name: 'a', shares: 1000, reservation: 25 },
    { name: 'b', shares: 2000, reservation: 25 },
    { name: 'c', shares: 3000, limit: 100 },
  ]);

  test('entitled is what the paper says, given is as much, and the reason is right', () => {
    const entitled = found.map((allocation) => allocation.entitled);
    expectNear(entitled, expected);
    expectNear(
      found.map(({ given }) => given),
      entitled,
    );
    expect(found.map((allocation) => allocation.why)).toEqual(why);
    expect(found.every(({ wantsMore }) => wantsMore)).toBe(true);
  });
});

test('D2: limits bind both, whatever their shares', () => {
  const found = seen({ iops: 160 }, [
    { name: 'a', shares: 1000, limit: 30 },
    { name: 'b', shares: 3000, limit: 30 },
  ]);
  expectNear(
    found.map(({ entitled }) => entitled),
    [30, 30],
  );
  expect(found.map(({ why }) => why)).toEqual(['limit', 'limit']);
});

test('a bursty guest gets all it asks for, between bursts and at the instant of one', () => {
  const [bursty, steady] = seen({ iops: 1150, depth: 16 }, [
    { name: 'bursty', load: 'rw: randread, bs: 4k, burst: { count: 32, every: 250ms }' },
    { name: 'steady' },
  ]);
  expectNear([bursty?.entitled ?? 0], [128]);
  expect(bursty).toMatchObject({ why: 'demand', wantsMore: false });
  expectNear([steady?.entitled ?? 0], [1150 - 128]);
  expect(steady).toMatchObject({ why: 'device', wantsMore: true });
});
