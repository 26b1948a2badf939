import { PAGE_BLOCKS } from './pool.js';

/**
 * Where a LUN's blocks are in the address space of its array: one range in whole pages, and a further
 * one for each time it has grown out of the last. All in blocks of 512 bytes.
 */
export class LunPlace {
  /** LUN addresses at which ranges begin, ascending, and what to add to an address inside each. */
  private readonly firsts: number[] = [0];
  private readonly shifts: number[];
  /** Where the last range ends. */
  private room: number;
  /** Where the first one ends: addresses below need no search. */
  private seam = Number.POSITIVE_INFINITY;
  private size: number;

  /** @param start first block of the array's address space */
  constructor(
    private readonly start: number,
    sizeBlocks: number,
  ) {
    this.size = sizeBlocks;
    this.room = roomFor(sizeBlocks);
    this.shifts = [start];
  }

  get sizeBlocks(): number {
    return this.size;
  }

  addressOf(lba: number): number {
    if (lba < this.seam) return this.start + lba;
    return lba + this.shifts[this.rangeOf(lba)];
  }

  /** Blocks from an address to the end of its range. */
  runFrom(lba: number): number {
    return lba < this.seam
      ? this.seam - lba
      : (this.firsts[this.rangeOf(lba) + 1] ?? this.room) - lba;
  }

  /** True for what lies in more than one range: its addresses are not one after the other. */
  crosses(lba: number, blocks: number): boolean {
    return lba + blocks > this.seam && this.runFrom(lba) < blocks;
  }

  /** @param space makes a range of so many blocks and returns its first address */
  grow(sizeBlocks: number, space: (blocks: number) => number): void {
    this.size = sizeBlocks;
    const room = roomFor(sizeBlocks);
    if (room <= this.room) return;
    if (this.seam === Number.POSITIVE_INFINITY) this.seam = this.room;
    this.firsts.push(this.room);
    this.shifts.push(space(room - this.room) - this.room);
    this.room = room;
  }

  private rangeOf(lba: number): number {
    let range = this.firsts.length - 1;
    while (this.firsts[range] > lba) range--;
    return range;
  }
}

function roomFor(blocks: number): number {
  return Math.ceil(blocks / PAGE_BLOCKS) * PAGE_BLOCKS;
}
