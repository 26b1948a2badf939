import { describe, expect, it } from 'vitest';
import {
  bandwidth,
  blockSizes,
  bytesOf,
  duration,
  part,
  shares,
  size,
} from '../../src/scenario/quantities.js';

const fails = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  expect(schema.safeParse(value).success, JSON.stringify(value)).toBe(false);

describe('scalars of a scenario', () => {
  it('reads times with units, and a bare zero', () => {
    expect(duration().parse('1.5ms')).toBe(1_500_000);
    expect(duration().parse(0)).toBe(0);
    for (const value of [5, '5', 'soon', '-1s', null]) fails(duration(), value);
    fails(duration('1s', '1m'), '2m');
  });

  it('reads sizes in powers of 1,024', () => {
    expect(size().parse('40GiB')).toBe(40 * 2 ** 30);
    expect(size().parse(4096)).toBe(4096);
    for (const value of ['40 apples', 1.5, {}, -1]) fails(size(), value);
  });

  it('reads parts as sizes or shares', () => {
    expect(bytesOf(part.parse('25%'), 1000, 512)).toBe(0);
    expect(bytesOf(part.parse('50%'), 4096, 512)).toBe(2048);
    expect(bytesOf(part.parse('1KiB'), 4096, 512)).toBe(1024);
    fails(part, '101%');
  });

  it('reads bits and bytes per second', () => {
    expect(bandwidth.parse('16Gbit')).toBe(2e9);
    expect(bandwidth.parse('100Mbps')).toBe(12.5e6);
    expect(bandwidth.parse('1MiB/s')).toBe(2 ** 20);
    for (const value of ['16G', 16, 'fast/s', '0Gbit']) fails(bandwidth, value);
  });

  it("reads fio's block sizes and mixes", () => {
    expect(blockSizes.parse('4k')).toEqual([{ bytes: 4096, weight: 100 }]);
    expect(blockSizes.parse(8192)).toEqual([{ bytes: 8192, weight: 100 }]);
    expect(blockSizes.parse('4k/60:64k/40')).toEqual([
      { bytes: 4096, weight: 60 },
      { bytes: 65536, weight: 40 },
    ]);
    // fio, bssplit: sizes without a share divide the rest.
    expect(blockSizes.parse('4k/50:64k/:32k/')).toEqual([
      { bytes: 4096, weight: 50 },
      { bytes: 65536, weight: 25 },
      { bytes: 32768, weight: 25 },
    ]);
    for (const value of ['4kk', '100', '0', '4k/60:8k/60', '4k/1/2', '64MiB', '', null]) {
      fails(blockSizes, value);
    }
  });

  it('reads shares by level or number', () => {
    // Disk.SharesLow, SharesNormal, SharesHigh (stack-lower reference, section 9.1).
    expect(['low', 'normal', 'high', 750].map((value) => shares.parse(value))).toEqual([
      500, 1000, 2000, 750,
    ]);
    fails(shares, 'huge');
    fails(shares, 0);
  });
});
