/** The cache of an array against closed forms. */
import { describe, expect, it } from 'vitest';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import { GIB, lunPlan, MIB, type Rig, rig } from '../support.js';

const TRACK = 128;
/** Ways of a set of the track table. */
const WAYS = 4;
const SERVICE_NS = 1e6;

const counter = (test: Rig, name: string): number => {
  const { entity } = test.luns[0]!;
  return entity.values[entity.slot(name)]!;
};

function diskWrites(test: Rig): number {
  test.sim.meters.sample();
  return test.array.disks.reduce(
    (sum, { entity }) => sum + entity.values[entity.slot('writes')]!,
    0,
  );
}

/**
 * Share of uniform random reads of `tracks` tracks that a cache of `slots` slots in sets of four has.
 * Tracks fall into sets at random, so a set has a Poisson number X of them, and holds min(4, X) once it
 * is full; under uniform references each of its tracks is as likely to be there, whatever is replaced.
 * (Independent reference model: Smith, "Cache memories", ACM Computing Surveys 14(3), 1982, section 2.2
 * for sets.)
 */
function hitShare(tracks: number, slots: number): number {
  const mean = tracks / (slots / WAYS);
  let held = 0;
  let chance = Math.exp(-mean);
  for (let count = 0; count < 100; count++) {
    held += chance * Math.min(WAYS, count);
    chance *= mean / (count + 1);
  }
  return held / mean;
}

describe('hits', () => {
  it.each([
    [512, 256],
    [1024, 512],
    [4096, 1024],
    [2048, 2048],
  ])('of %i tracks read at random, a cache of %i', (tracks, slots) => {
    // Scattered over a large LUN: neighbours fall into sets more evenly than chance would have it.
    const luns = [lunPlan({ sizeBytes: 256 * GIB, thin: true })];
    const test = rig({ cacheBytes: (slots * MIB) / 16, luns });
    const addresses = test.sim.random.stream('addresses');
    const places = Array.from({ length: tracks }, () => addresses.below(2 ** 22) * TRACK);
    const next = (): boolean =>
      test.send({ op: READ, lba: places[addresses.below(tracks)]!, blocks: TRACK });
    test.guest.onOutcome = () => {
      next();
    };
    for (let index = 0; index < 16; index++) next();
    while (test.guest.outcomes.length < 4 * tracks) test.sim.runUntil(test.sim.now + 10e6);
    const before = [counter(test, 'cacheHits'), counter(test, 'cacheMisses')] as const;
    const from = test.guest.outcomes.length;
    while (test.guest.outcomes.length < from + 20_000) test.sim.runUntil(test.sim.now + 10e6);
    const hits = counter(test, 'cacheHits') - before[0];
    const share = hits / (hits + counter(test, 'cacheMisses') - before[1]);
    expect(Math.abs(share - hitShare(tracks, slots))).toBeLessThan(0.03);
  });
});

describe('destaging', () => {
  /**
   * A track becomes dirty by a write, stays so for a second, in which more writes cost nothing, and is
   * clean again until the next write. Writes come at random, `rate` per second: a renewal process with
   * cycles of 1 s + 1 / rate, one destage in each (renewal theorem; Ross, "Stochastic processes", 3.1).
   */
  it.each([0.25, 1, 4])('once in 1 s + 1 / rate for a track written %f times a second', (rate) => {
    const tracks = 200;
    const seconds = 40;
    // Far from the limit of what may be dirty, which would hurry.
    const test = rig({ cacheBytes: 256 * MIB });
    const stream = test.sim.random.stream('writes');
    const gapNs = 1e9 / (rate * tracks);
    const write = (): void => {
      test.send({ op: WRITE, lba: stream.below(tracks) * TRACK, blocks: 8 });
      test.sim.timers.delay(Math.round(stream.exponential(gapNs)), write);
    };
    write();
    test.sim.runUntil(10e9);
    const before = diskWrites(test);
    test.sim.runUntil((10 + seconds) * 1e9);
    const expected = (tracks * seconds) / (1 + SERVICE_NS / 1e9 + 1 / rate);
    expect(Math.abs((diskWrites(test) - before) / expected - 1)).toBeLessThan(0.03);
  });
});
