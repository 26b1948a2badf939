import { assert } from '../../core/assert.js';
import type { Io } from '../../core/io.js';
import type { Requests } from '../../core/requests.js';

/**
 * Waiting rows by their first block; rows that start at the same block in the order they came. One
 * sweep serves all LUNs behind an adapter: the commands of each are in ascending order, and the
 * devices still work side by side.
 */
export class SortedRows {
  count = 0;
  private rows = new Int32Array(64);

  constructor(private readonly requests: Requests) {}

  at(index: number): Io {
    return this.rows[index];
  }

  /** Index of the first row that starts at `lba` or after it; `count` when none does. */
  from(lba: number): number {
    const { rows } = this;
    const starts = this.requests.lba;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[rows[middle]] < lba) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  insert(io: Io): void {
    if (this.count === this.rows.length) this.grow();
    const { lba } = this.requests;
    let index = this.from(lba[io]);
    while (index < this.count && lba[this.rows[index]] === lba[io]) index++;
    this.rows.copyWithin(index + 1, index, this.count);
    this.rows[index] = io;
    this.count++;
  }

  remove(io: Io): void {
    let index = this.from(this.requests.lba[io]);
    while (index < this.count && this.rows[index] !== io) index++;
    assert(index < this.count, 'a row is not where its address says');
    this.count--;
    this.rows.copyWithin(index, index + 1, this.count + 1);
  }

  private grow(): void {
    const rows = new Int32Array(this.rows.length * 2);
    rows.set(this.rows);
    this.rows = rows;
  }
}
