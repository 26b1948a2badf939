import { describe, expect, it } from 'vitest';
import { FLUSH, READ, WRITE } from '../../src/engine/core/io.js';
import { GuestTotals } from '../../src/engine/workloads/totals.js';

describe('GuestTotals', () => {
  it('adds commands and merges', () => {
    const one = new GuestTotals();
    one.add(READ, 8, 0);
    one.add(WRITE, 16, 0x200);
    const other = new GuestTotals();
    other.add(READ, 1, 0);
    other.add(FLUSH, 100, 0);
    expect({ ...one.merge(other) }).toEqual({
      reads: 2,
      writes: 1,
      others: 1,
      bytesRead: 9 * 512,
      bytesWritten: 8192,
      errors: 1,
    });
  });
});
