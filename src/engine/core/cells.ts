/** Numbers in a chunk: half a megabyte, so that a run has a handful of them. */
const CHUNK = 1 << 16;

/** A part's own numbers: `values[base]` and on. */
export interface Cells {
  /** Shared with other parts. */
  readonly values: Float64Array;
  readonly base: number;
}

/**
 * Room for the numbers of a part that change with every I/O. As fields of its object each would be
 * a box of its own on the heap; an array of its own would put a header in front of them. Here they lie
 * side by side, and those of parts made one after the other are neighbours: with a thousand virtual
 * machines an I/O finds most of what it needs outside the processor's cache, line by line.
 */
export class CellStore {
  private values = new Float64Array(CHUNK);
  private used = 0;

  /** Room for `count` numbers, all 0. */
  take(count: number): Cells {
    if (this.used + count > this.values.length) {
      this.values = new Float64Array(Math.max(CHUNK, count));
      this.used = 0;
    }
    const { values, used: base } = this;
    this.used += count;
    return { values, base };
  }
}
