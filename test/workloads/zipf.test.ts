import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/engine/core/random.js';
import { Scatter } from '../../src/engine/workloads/scatter.js';
import { Zipf } from '../../src/engine/workloads/zipf.js';

const DRAWS = 200_000;

describe('Zipf', () => {
  it.each([
    [1, 0.9],
    [5, 0],
    [130, 0.5],
    [1000, 0.99],
    [1000, 1],
    [1000, 1.2],
    [100_000, 0.9],
    [100_000, 2.5],
  ])('draws %i ranks with probability 1 / rank^%f', (count, theta) => {
    const ranks = new Float64Array(DRAWS);
    new Zipf(count, theta).fill(ranks, new Stream(11, `zipf ${count} ${theta}`));
    // Chi-square over classes of at least 20 expected draws each.
    const weight = Array.from({ length: count }, (_, index) => (index + 1) ** -theta);
    const total = weight.reduce((sum, one) => sum + one, 0);
    const classOf = new Int32Array(count + 1);
    const expected = [0];
    for (let rank = 1; rank <= count; rank++) {
      if (expected[expected.length - 1] >= 20) expected.push(0);
      expected[expected.length - 1] += (DRAWS * weight[rank - 1]) / total;
      classOf[rank] = expected.length - 1;
    }
    const found = new Float64Array(expected.length);
    expect(ranks.every((rank) => rank >= 1 && rank <= count && Number.isInteger(rank))).toBe(true);
    for (const rank of ranks) found[classOf[rank]]++;
    let chi = 0;
    for (let index = 0; index < expected.length - 1; index++) {
      chi += (found[index] - expected[index]) ** 2 / expected[index];
    }
    // Mean k and variance 2k: four standard deviations above the mean.
    const degrees = Math.max(1, expected.length - 1);
    expect(chi).toBeLessThan(degrees + 4 * Math.sqrt(2 * degrees));
  });

  it('falls with the rank even between neighbours', () => {
    // Between 2^k and 2^k + 2^(k-6) the weights fall by 1.5 %: too little for the classes above.
    // The mean place of a draw inside such a stretch is compared with the mean by the weights.
    const count = 2 ** 20;
    const placeOf = (rank: number): number => {
      const width = 2 ** (Math.floor(Math.log2(rank)) - 6);
      return ((rank % width) + 0.5) / width;
    };
    let weights = 0;
    let places = 0;
    for (let rank = 1024; rank < count; rank++) {
      weights += 1 / rank;
      places += placeOf(rank) / rank;
    }
    const ranks = new Float64Array(6_000_000);
    new Zipf(count, 1).fill(ranks, new Stream(1, 'neighbours'));
    let found = 0;
    let drawn = 0;
    for (const rank of ranks) {
      if (rank < 1024 || rank >= count) continue;
      found += placeOf(rank);
      drawn++;
    }
    const deviation = Math.sqrt(1 / 12 / drawn);
    expect(Math.abs(found / drawn - places / weights)).toBeLessThan(2.5 * deviation);
    expect(0.5 - places / weights).toBeGreaterThan(5 * deviation);
  });

  it('takes no time to set up for a huge disk', () => {
    const ranks = new Float64Array(1000);
    new Zipf(2 ** 40, 0.9).fill(ranks, new Stream(3, 'huge'));
    expect(Math.max(...ranks)).toBeLessThanOrEqual(2 ** 40);
    expect(Math.max(...ranks)).toBeGreaterThan(2 ** 36);
  });
});

describe('Scatter', () => {
  it.each([1, 2, 3, 17, 1000, 4096, 65_537])('is a permutation of %i numbers', (size) => {
    const scatter = new Scatter(size, new Stream(5, 'scatter'));
    const places = Array.from({ length: size }, (_, number) => scatter.of(number));
    expect(new Set(places).size).toBe(size);
    expect(Math.min(...places)).toBe(0);
    expect(Math.max(...places)).toBe(size - 1);
  });

  it('spreads neighbours over a huge range', () => {
    const size = 2 ** 41 + 12_345;
    const scatter = new Scatter(size, new Stream(5, 'scatter'));
    const places = Array.from({ length: 1000 }, (_, number) => scatter.of(number));
    expect(new Set(places).size).toBe(1000);
    expect(places.every((place) => Number.isInteger(place) && place >= 0 && place < size)).toBe(
      true,
    );
    const quarters = [0, 0, 0, 0];
    for (const place of places) quarters[Math.floor((place / size) * 4)]++;
    // 250 each; five standard deviations are 68.
    expect(quarters.every((quarter) => Math.abs(quarter - 250) < 68)).toBe(true);
  });
});
