import { describe, expect, it } from 'vitest';
import { FLUSH, READ, UNMAP, WRITE } from '../../src/engine/core/io.js';
import { CHECK, SENSE_INVALID_OPCODE, SENSE_MISCOMPARE } from '../../src/engine/core/status.js';
import { GuestTotals } from '../../src/engine/workloads/totals.js';

describe('GuestTotals', () => {
  it('adds commands and merges', () => {
    const one = new GuestTotals();
    one.add(READ, 8, 0, 0);
    one.add(WRITE, 16, CHECK, SENSE_MISCOMPARE);
    one.add(UNMAP, 8, CHECK, SENSE_INVALID_OPCODE);
    const other = new GuestTotals();
    other.add(READ, 1, 0, 0);
    other.add(FLUSH, 100, 0, 0);
    expect({ ...one.merge(other) }).toEqual({
      reads: 2,
      writes: 1,
      others: 2,
      bytesRead: 9 * 512,
      bytesWritten: 8192,
      errors: 2,
      unsupported: 1,
    });
  });
});
