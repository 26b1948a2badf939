/** Nothing found. */
export const NO_SEGMENT = -1;

/**
 * The buffer of a disk, split into segments: each holds one run of blocks, the least recently used
 * makes room. Only which blocks are there is kept, never what they hold.
 */
export class Segments {
  /** First block of each segment, and the one after its last. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  private readonly usedAt: Float64Array;
  private uses = 0;

  /** @param count 0 is a disk without a buffer */
  constructor(readonly count: number) {
    this.start = new Float64Array(count);
    this.end = new Float64Array(count);
    this.usedAt = new Float64Array(count);
  }

  /** The segment that holds block `lba`, or NO_SEGMENT. */
  holding(lba: number): number {
    for (let index = 0; index < this.count; index++) {
      if (lba >= this.start[index] && lba < this.end[index]) return index;
    }
    return NO_SEGMENT;
  }

  /** Marks a segment as the most recently used. */
  touch(index: number): void {
    this.usedAt[index] = ++this.uses;
  }

  /**
   * Gives a segment to the blocks from `start` up to `end`: the one they go on from, or the least
   * recently used. There has to be one.
   */
  take(start: number, end: number): number {
    let oldest = 0;
    for (let index = 0; index < this.count; index++) {
      if (this.end[index] === start && start > 0) {
        oldest = index;
        break;
      }
      if (this.usedAt[index] < this.usedAt[oldest]) oldest = index;
    }
    this.start[oldest] = start;
    this.end[oldest] = end;
    this.touch(oldest);
    return oldest;
  }

  /** Forgets every segment that holds one of the blocks: they are being written. */
  drop(lba: number, blocks: number): void {
    for (let index = 0; index < this.count; index++) {
      if (lba < this.end[index] && lba + blocks > this.start[index]) {
        this.start[index] = 0;
        this.end[index] = 0;
        this.usedAt[index] = 0;
      }
    }
  }
}
