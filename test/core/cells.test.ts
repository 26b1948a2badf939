import { describe, expect, it } from 'vitest';
import { CellStore } from '../../src/engine/core/cells.js';

describe('CellStore', () => {
  it('gives each part numbers of its own, all 0, beyond one chunk and for parts larger than one', () => {
    const store = new CellStore();
    const counts = [3, 1, 65_000, 1000, 200_000, 2];
    const parts = counts.map((count) => ({ count, ...store.take(count) }));
    for (const [number, { values, base, count }] of parts.entries()) {
      expect(values.slice(base, base + count)).toEqual(new Float64Array(count));
      values.fill(number + 1, base, base + count);
    }
    for (const [number, { values, base, count }] of parts.entries()) {
      expect(values.slice(base, base + count)).toEqual(new Float64Array(count).fill(number + 1));
    }
  });

  it('puts parts made one after the other side by side', () => {
    const store = new CellStore();
    const [one, other] = [store.take(3), store.take(2)];
    expect(other.values).toBe(one.values);
    expect(other.base).toBe(one.base + 3);
  });
});
