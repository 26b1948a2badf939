/** The history's memory: bounded, the newest complete, coarser with age. */
import { describe, expect, test } from 'vitest';
import { HISTOGRAM_BUCKETS } from '../../src/engine/core/histogram.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import type { Window } from '../../src/engine/views/kit/row.js';
import { evenly } from '../../src/tui/charts/even.js';
import { Frames } from '../../src/tui/frames.js';
import { Ring } from '../../src/tui/time/ring.js';

const SECOND = 1e9;
const MIB = 1024 * 1024;

/** An hour and more, a sample a second. */
function filled(seconds: number, counters: number, histograms = 0): Ring {
  const ring = new Ring();
  // Samples share their memory here: only sizes count.
  const values = new Float64Array(counters);
  const counts = new Uint32Array(histograms * HISTOGRAM_BUCKETS);
  for (let second = 0; second <= seconds; second++) {
    ring.push({ at: second * SECOND, values, histograms: counts });
  }
  return ring;
}

const times = (ring: Ring): number[] =>
  Array.from({ length: ring.length }, (_, index) => (ring.at(index)?.at ?? 0) / SECOND);

describe('the ring', () => {
  test('keeps to its budget over a day of seconds', () => {
    const ring = filled(86_400, 10_000);
    // 48 MiB of counters of 80,000 bytes.
    expect(ring.length).toBe(Math.floor((48 * MIB) / 80_001));
    expect(times(filled(20_000, 1)).length).toBe(2_000);
  });

  test('has the newest complete, the first for good, and gaps that grow with age', () => {
    const kept = times(filled(20_000, 10_000));
    expect(kept[0]).toBe(0);
    expect(kept.slice(-300)).toEqual(Array.from({ length: 300 }, (_, i) => 20_000 - 299 + i));
    const old = kept.slice(1, -310);
    expect(old.length).toBeGreaterThan(100);
    const parts = old.slice(1).map((at, index) => (at - (old[index] ?? 0)) / (20_000 - at));
    // No gap is out of proportion to how long ago it is, but that of a single second.
    const rough = parts.filter((_, index) => (old[index + 1] ?? 0) - (old[index] ?? 0) > 1);
    const [least, most] = [Math.min(...rough), Math.max(...rough)];
    expect(most / least).toBeLessThan(10);
    expect((old[1] ?? 0) - (old[0] ?? 0)).toBeGreaterThan((old.at(-1) ?? 0) - (old.at(-2) ?? 0));
  });

  test('very large samples: a few are kept whatever they cost', () => {
    expect(filled(100, 4 * MIB).length).toBe(32);
  });

  test('histograms are kept for the newest only, the last two always', () => {
    const count = (ring: Ring): number =>
      times(ring).filter((_, index) => (ring.at(index)?.histograms.length ?? 0) > 0).length;
    // 32 MiB of 100 histograms of 529 counts of 4 bytes.
    expect(count(filled(500, 10, 100))).toBe(Math.floor((32 * MIB) / (100 * 529 * 4 + 1)));
    expect(count(filled(10, 10, 20_000))).toBe(2);
  });

  test('finds the sample of a moment', () => {
    const ring = filled(10, 1);
    expect([-5, 0, 0.5, 3, 3.9, 10, 99].map((s) => ring.indexAt(s * SECOND))).toEqual([
      0, 0, 0, 3, 3, 10, 10,
    ]);
    ring.dropAfter(4.5 * SECOND);
    expect(times(ring)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('frames', () => {
  test('a window whose start has no histograms any more shows no distribution', () => {
    const frames = new Frames(new Entities([]));
    for (let second = 0; second < 100; second++) {
      const histograms = new Uint32Array(1000 * HISTOGRAM_BUCKETS);
      frames.push({ at: second * SECOND, values: new Float64Array(1), histograms });
    }
    const withAny = frames.windows(99).filter(({ after }) => after.histograms.length > 0);
    expect(withAny.length).toBeGreaterThan(1);
    expect(withAny.every(({ before }) => before.histograms.length > 0)).toBe(true);
  });
});

describe('charts', () => {
  const window = (from: number, to: number): Window =>
    ({ before: { at: from }, after: { at: to } }) as Window;

  test('give windows of unequal length their part of the axis', () => {
    // 8 s, 1 s, 1 s: of ten seconds in three steps the first two thirds are the long one.
    const windows = [window(0, 8), window(8, 9), window(9, 10)];
    expect(evenly([5, 6, 7], windows)).toEqual([5, 5, 6]);
    const even = [window(0, 1), window(1, 2), window(2, 3.2)];
    expect(evenly([5, 6, 7], even)).toEqual([5, 6, 7]);
  });
});
