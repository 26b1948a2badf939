import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Claim } from '../../src/engine/qos/entitlement.js';
import { datastoreEntitlements } from '../../src/engine/qos/host-entitlement.js';
import {
  activeShares,
  betaScale,
  nextWindow,
  sizeFactor,
  smoothLatency,
} from '../../src/engine/qos/parda.js';
import { fixedPoint } from '../papers/parda-equilibrium.js';

const claim = (weight: number, demand = Number.POSITIVE_INFINITY, limit = 0): Claim => ({
  reservation: 0,
  limit,
  weight,
  demand,
});
const rounded = (rates: readonly (readonly number[])[]) =>
  rates.map((host) => host.map((rate) => Math.round(rate)));

describe('entitlement on a shared datastore (stack-lower 10.3)', () => {
  it('goes to hosts by the shares of their machines, then to the machines', () => {
    const hosts = [
      [claim(1000), claim(2500)],
      [claim(500), claim(1000)],
    ];
    expect(rounded(datastoreEntitlements(8000, hosts))).toEqual([
      [1600, 4000],
      [800, 1600],
    ]);
  });

  it('gives what a host cannot use to the other one', () => {
    const limited = claim(1000, Number.POSITIVE_INFINITY, 2000);
    const hosts = [
      [claim(1000), claim(2500)],
      [claim(500, 10), limited],
    ];
    expect(rounded(datastoreEntitlements(8000, hosts))).toEqual([
      [1711, 4279],
      [10, 2000],
    ]);
  });

  it('gives nothing to a host without machines', () => {
    expect(datastoreEntitlements(100, [[claim(5)], []])).toEqual([[100], []]);
  });
});

describe('shares in use (stack-lower 10.2)', () => {
  it('counts a machine for the part of its slots that it fills', () => {
    // A window of 32 for 1000 and 3000 shares: 8 and 24 slots.
    const demand = (first: number, second: number) => [
      { shares: 1000, outstanding: first },
      { shares: 3000, outstanding: second },
    ];
    expect(activeShares(32, demand(8, 24))).toEqual([1000, 3000]);
    expect(activeShares(32, demand(30, 6))).toEqual([1000, 3000 / 4]);
    expect(activeShares(32, demand(0, 0))).toEqual([0, 0]);
    expect(activeShares(32, [])).toEqual([]);
  });
});

describe('beta (stack-lower 10.1: the sum is worth 3 to 10 % of the threshold)', () => {
  it('is 1 for 1000 shares where that is so, as in P2', () => {
    expect(6000 * betaScale(6000, 25e6, 3350)).toBeCloseTo(6, 9);
  });

  it('is scaled for shares of any size', () => {
    for (const shares of [1, 7, 50_000, 400_000]) {
      const excessMs = ((shares * betaScale(shares, 30e6, 2000)) / 2000) * 1000;
      expect(excessMs).toBeGreaterThanOrEqual(30 * 0.03);
      expect(excessMs).toBeLessThanOrEqual(30 * 0.1001);
    }
    expect(betaScale(0, 30e6, 2000)).toBe(0);
  });
});

describe('latency', () => {
  it('keeps a little of the past', () => {
    expect(smoothLatency(10, undefined)).toBe(10);
    expect(smoothLatency(10, 20)).toBeCloseTo(10.02, 9);
  });

  it('of large commands is compared as if they were small', () => {
    expect(sizeFactor(4096, 32_768)).toBe(1);
    expect(sizeFactor(32_768, 32_768)).toBe(1);
    // 5 ms + 256 KB at 60 MB/s against 5 ms + 32 KB at 60 MB/s.
    expect(sizeFactor(262_144, 32_768)).toBeCloseTo((5 + 4.369) / (5 + 0.546), 3);
  });
});

describe('the law, for any shares, rate and threshold', () => {
  const setting = fc.record({
    shares: fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 8 }),
    rate: fc.integer({ min: 50, max: 1_000_000 }),
    thresholdMs: fc.integer({ min: 5, max: 100 }),
    start: fc.integer({ min: 4, max: 1024 }),
  });

  it('ends at windows in proportion to shares, 3 to 10 % above the threshold', () => {
    fc.assert(
      fc.property(setting, ({ shares, rate, thresholdMs, start }) => {
        const thresholdNs = thresholdMs * 1e6;
        const total = shares.reduce((sum, one) => sum + one, 0);
        const scale = betaScale(total, thresholdNs, rate);
        const betas = shares.map((one) => one * scale);
        const { latencyNs, windows: expected } = fixedPoint(thresholdNs, rate, betas);
        let windows = shares.map(() => start);
        for (let step = 0; step < 600; step++) {
          const outstanding = windows.reduce((sum, window) => sum + window, 0);
          const now = (outstanding / rate) * 1e9;
          windows = windows.map((window, host) =>
            nextWindow(window, now, thresholdNs, betas[host]!, { min: 0, max: 1e12 }),
          );
        }
        for (const [host, window] of windows.entries()) {
          expect(Math.abs(window / expected[host]! - 1)).toBeLessThan(0.01);
        }
        expect(latencyNs / thresholdNs).toBeGreaterThan(1.03);
        expect(latencyNs / thresholdNs).toBeLessThan(1.1001);
      }),
    );
  });
});
