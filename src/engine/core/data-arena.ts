/** Data is told apart in blocks of 4 KiB: eight blocks of the SCSI address space. */
export const DATA_BLOCKS = 8;

/** `data` of a row that carries nothing anybody verifies. */
export const NO_DATA = 0;
/** `data` of a row that carries zeros, however long it is. */
export const ZERO_DATA = -1;

/**
 * What rows carry, where a run verifies data: one number, the stamp, for every 4 KiB. A row names its
 * part by the index of the first stamp (`data[io]`); a piece of a row starts further on. Stamp 0 is a
 * block of zeros.
 */
export class DataArena {
  stamps = new Float64Array(4096);
  /** Index 0 stands for no data. */
  private used = 1;

  /** By their length, parts that were given back. */
  private readonly spare = new Map<number, number[]>();

  /** Room for `count` stamps, until it is given back; returns the index of the first. */
  reserve(count: number): number {
    const spare = this.spare.get(count)?.pop();
    if (spare !== undefined) return spare;
    const first = this.used;
    this.used += count;
    if (this.used > this.stamps.length) {
      const wider = new Float64Array(Math.max(this.used, this.stamps.length * 2));
      wider.set(this.stamps);
      this.stamps = wider;
    }
    return first;
  }

  /** No row carries anything in this part any more. */
  release(first: number, count: number): void {
    const spare = this.spare.get(count);
    if (spare === undefined) this.spare.set(count, [first]);
    else spare.push(first);
  }

  /** Puts zeros into the part of a row of `blocks` 512-byte blocks that carries its data at `data`. */
  clear(data: number, blocks: number): void {
    this.stamps.fill(0, data, data + Math.ceil(blocks / DATA_BLOCKS));
  }
}
