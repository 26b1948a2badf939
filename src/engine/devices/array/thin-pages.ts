import { PAGE_BLOCKS, type Pool } from './pool.js';

/** Which pages of a thin LUN have room in the pool: one bit each. */
export class ThinPages {
  /** Pages that have room. */
  allocated = 0;
  private bits: Uint8Array;

  constructor(
    private readonly lun: string,
    sizeBlocks: number,
    private readonly pool: Pool,
  ) {
    this.bits = new Uint8Array(Math.ceil(sizeBlocks / PAGE_BLOCKS / 8));
  }

  /** The LUN has grown: further pages, without room so far. */
  grow(sizeBlocks: number): void {
    const bits = new Uint8Array(Math.ceil(sizeBlocks / PAGE_BLOCKS / 8));
    bits.set(this.bits);
    this.bits = bits;
  }

  /** True when a page has room. */
  has(page: number): boolean {
    return (this.bits[page >>> 3] & (1 << (page & 7))) !== 0;
  }

  /** Makes sure every page of a range has room; false, and nothing taken, when the pool is full. */
  allocate(lba: number, blocks: number): boolean {
    const { bits } = this;
    const first = Math.floor(lba / PAGE_BLOCKS);
    const last = Math.floor((lba + blocks - 1) / PAGE_BLOCKS);
    let missing = 0;
    for (let page = first; page <= last; page++) {
      if ((bits[page >>> 3] & (1 << (page & 7))) === 0) missing++;
    }
    if (missing === 0) return true;
    if (!this.pool.takePages(missing, `write to ${this.lun}`)) return false;
    for (let page = first; page <= last; page++) bits[page >>> 3] |= 1 << (page & 7);
    this.allocated += missing;
    return true;
  }

  /** Gives back the pages that lie wholly in a range; returns how many there were. */
  free(lba: number, blocks: number): number {
    const { bits } = this;
    const end = Math.floor((lba + blocks) / PAGE_BLOCKS);
    let freed = 0;
    for (let page = Math.ceil(lba / PAGE_BLOCKS); page < end; page++) {
      const bit = 1 << (page & 7);
      if ((bits[page >>> 3] & bit) === 0) continue;
      bits[page >>> 3] &= ~bit;
      freed++;
    }
    this.allocated -= freed;
    this.pool.give(freed * PAGE_BLOCKS);
    return freed;
  }
}
