import type { Stream } from '../../core/random.js';

/** Logical pages that are kept at most; a larger device is represented by a part of its pages (model). */
const PAGES_MAX = 1 << 16;
/** Blocks kept free for what garbage collection moves. */
const RESERVE = 2;
/** Weight of the last collection in the amplification. */
const NEWEST = 1 / 8;
/** How often a device is written over before it counts as steady; Desnoyers (see below) needs fewer. */
const OVERWRITES = 3;
const NOWHERE = -1;

/**
 * Where logical pages lie in flash, and what it costs to make room: writes go to the open block; when
 * no block is free, the one with the fewest valid pages is emptied (greedy collection: Desnoyers,
 * "Analytic modeling of SSD write performance", SYSTOR 2012). A device with more pages than the limit
 * is represented by every n-th page, in blocks of as many pages: sequential and random writes stay
 * what they are, and it takes as many writes of the host to fill.
 */
export class Translation {
  /** Pages written to flash for each page of the host, as of late. */
  amplification = 1;
  /** Only every so many pages are represented. */
  private readonly step: number;
  private readonly pages: number;
  private readonly blocks: number;
  private readonly placeOf: Int32Array;
  private readonly pageAt: Int32Array;
  private readonly valid: Int32Array;
  /** Blocks without data, the last ones first. */
  private readonly free: number[] = [];
  private readonly isFree: Uint8Array;
  private open: number;
  private used = 0;

  /**
   * @param devicePages logical pages of the device
   * @param blockPages pages of an erase block
   * @param spare flash beyond the logical capacity, as a share of it
   */
  constructor(
    devicePages: number,
    private readonly blockPages: number,
    spare: number,
  ) {
    this.step = Math.max(1, Math.ceil(devicePages / PAGES_MAX));
    this.pages = Math.max(1, Math.floor(devicePages / this.step));
    const whole = Math.ceil(this.pages / blockPages);
    const wanted = Math.round((this.pages * (1 + spare)) / blockPages);
    this.blocks = Math.max(whole + RESERVE, wanted);
    this.placeOf = new Int32Array(this.pages).fill(NOWHERE);
    this.pageAt = new Int32Array(this.blocks * blockPages).fill(NOWHERE);
    this.valid = new Int32Array(this.blocks);
    this.isFree = new Uint8Array(this.blocks).fill(1);
    for (let block = this.blocks - 1; block >= 0; block--) this.free.push(block);
    this.open = this.takeFree();
  }

  /** Writes a run of the device's pages. */
  write(first: number, count: number): void {
    const { step } = this;
    const end = Math.ceil((first + count) / step);
    for (let page = Math.ceil(first / step); page < end; page++) this.put(page % this.pages);
  }

  /** Brings the device to the state it has after long use: full, and written over at random. */
  wear(stream: Stream): void {
    for (let page = 0; page < this.pages; page++) this.put(page);
    for (let left = OVERWRITES * this.pages; left > 0; left--) this.put(stream.below(this.pages));
  }

  private put(page: number): void {
    if (this.used === this.blockPages) this.nextBlock();
    this.place(page);
  }

  private place(page: number): void {
    const { placeOf, pageAt, valid, blockPages } = this;
    const old = placeOf[page];
    if (old !== NOWHERE) {
      pageAt[old] = NOWHERE;
      valid[Math.floor(old / blockPages)]--;
    }
    const place = this.open * blockPages + this.used++;
    placeOf[page] = place;
    pageAt[place] = page;
    valid[this.open]++;
  }

  /** A block to write to: a free one, or room made by collecting. */
  private nextBlock(): void {
    while (this.free.length < RESERVE) {
      this.collect();
      if (this.used < this.blockPages) return;
    }
    this.open = this.takeFree();
  }

  /** Moves what is valid of the block with the least of it, which is free then. */
  private collect(): void {
    const { valid, isFree, blockPages, pageAt } = this;
    let victim = -1;
    for (let block = 0; block < this.blocks; block++) {
      if (isFree[block] === 1 || block === this.open) continue;
      if (victim < 0 || valid[block] < valid[victim]) victim = block;
    }
    const moved = valid[victim];
    const now = blockPages / Math.max(1, blockPages - moved);
    this.amplification += (now - this.amplification) * NEWEST;
    for (let place = victim * blockPages; place < (victim + 1) * blockPages; place++) {
      const page = pageAt[place];
      if (page === NOWHERE) continue;
      if (this.used === blockPages) this.open = this.takeFree();
      this.place(page);
    }
    isFree[victim] = 1;
    this.free.push(victim);
  }

  private takeFree(): number {
    const block = this.free.pop() as number;
    this.isFree[block] = 0;
    this.used = 0;
    return block;
  }
}
