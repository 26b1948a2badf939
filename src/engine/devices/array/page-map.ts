import { PAGE_BLOCKS } from './pool.js';

/** Which pages of a thin LUN have room in the pool: one bit each. */
export class PageMap {
  allocated = 0;
  private readonly bits: Uint8Array;

  constructor(sizeBlocks: number) {
    this.bits = new Uint8Array(Math.ceil(sizeBlocks / PAGE_BLOCKS / 8));
  }

  /** Pages of a range that have no room yet. */
  missing(lba: number, blocks: number): number {
    const last = Math.floor((lba + blocks - 1) / PAGE_BLOCKS);
    let missing = 0;
    for (let page = Math.floor(lba / PAGE_BLOCKS); page <= last; page++) {
      if ((this.bits[page >>> 3] & (1 << (page & 7))) === 0) missing++;
    }
    return missing;
  }

  /** Marks every page of a range. */
  mark(lba: number, blocks: number): void {
    const last = Math.floor((lba + blocks - 1) / PAGE_BLOCKS);
    for (let page = Math.floor(lba / PAGE_BLOCKS); page <= last; page++) {
      const bit = 1 << (page & 7);
      if ((this.bits[page >>> 3] & bit) !== 0) continue;
      this.bits[page >>> 3] |= bit;
      this.allocated++;
    }
  }

  /** Gives up the pages that lie wholly in a range; returns how many there were. */
  free(lba: number, blocks: number): number {
    const end = Math.floor((lba + blocks) / PAGE_BLOCKS);
    let freed = 0;
    for (let page = Math.ceil(lba / PAGE_BLOCKS); page < end; page++) {
      const bit = 1 << (page & 7);
      if ((this.bits[page >>> 3] & bit) === 0) continue;
      this.bits[page >>> 3] &= ~bit;
      freed++;
    }
    this.allocated -= freed;
    return freed;
  }
}
