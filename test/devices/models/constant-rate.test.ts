import { describe, expect, it } from 'vitest';
import { READ, UNMAP, WRITE } from '../../../src/engine/core/io.js';
import { Random } from '../../../src/engine/core/random.js';
import { createModel } from '../../../src/engine/devices/models/index.js';

const make = (params: Readonly<Record<string, number>>) =>
  createModel(
    { model: 'constant-rate', params },
    { stream: new Random(1).stream('device'), capacityBlocks: 1 << 21 },
  );

describe('constant-rate', () => {
  it('serves parallel commands side by side, each parallel / iops seconds', () => {
    const model = make({ iops: 1600, parallel: 32 });
    expect(model.channels).toBe(32);
    expect(model.serviceNs(READ, 0, 8, 0)).toBe(20e6);
    expect(model.serviceNs(WRITE, 0, 8, 0)).toBe(20e6);
  });

  it('keeps its rate exactly although times are whole nanoseconds', () => {
    const model = make({ iops: 3_000_000 });
    let sum = 0;
    for (let count = 0; count < 3_000_000; count++) sum += model.serviceNs(READ, 0, 8, 0);
    // 333 1/3 ns each: one second in all.
    expect(Math.abs(sum - 1e9)).toBeLessThanOrEqual(1);
  });

  it('does not look at the size, or counts each started unit', () => {
    const cost = (unitBytes: number, bytes: number, op = READ): number =>
      make({ iops: 1000, unitBytes }).serviceNs(op, 0, bytes / 512, 0) / 1e6;
    const sizes = [512, 32_768, 33 * 1024, 65_536, 1 << 20];
    expect(sizes.map((bytes) => cost(0, bytes))).toEqual([1, 1, 1, 1, 1]);
    expect(sizes.map((bytes) => cost(32_768, bytes))).toEqual([1, 1, 2, 2, 32]);
    // Gives blocks back and moves none.
    expect(cost(32_768, 1 << 20, UNMAP)).toBe(1);
  });

  it('takes rates below one per second', () => {
    expect(make({ iops: 0.5 }).serviceNs(READ, 0, 8, 0)).toBe(2e9);
  });
});
