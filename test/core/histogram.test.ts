import { describe, expect, it } from 'vitest';
import {
  bucketOf,
  bucketStart,
  HISTOGRAM_BUCKETS,
  quantile,
} from '../../src/engine/core/histogram.js';

describe('latency histogram', () => {
  it('puts every value between its bucket start and the next', () => {
    for (let value = 1; value < 4e11; value = Math.ceil(value * 1.01)) {
      const bucket = bucketOf(value);
      expect(value).toBeGreaterThanOrEqual(bucketStart(bucket));
      expect(value).toBeLessThan(bucketStart(bucket + 1));
    }
    expect(bucketOf(1e15)).toBe(HISTOGRAM_BUCKETS - 1);
    expect(bucketOf(0)).toBe(0);
  });

  it('estimates quantiles of a uniform distribution within the bucket width', () => {
    const counts = new Uint32Array(HISTOGRAM_BUCKETS);
    for (let value = 1; value <= 1_000_000; value++) counts[bucketOf(value)]++;
    for (const fraction of [0.1, 0.5, 0.95, 0.99]) {
      const error = quantile(counts, fraction) / (fraction * 1e6) - 1;
      // A bucket is 1/16 of an octave wide; inside it the estimate is linear.
      expect(Math.abs(error)).toBeLessThan(1 / 32);
    }
    expect(quantile(new Uint32Array(HISTOGRAM_BUCKETS), 0.5)).toBe(0);
  });
});
