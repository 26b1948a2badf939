import { BLOCK_BYTES } from '../core/io.js';

/** Room that runs out: blocks in use, and who wants to know when some come back. */
export class Space {
  usedBlocks = 0;
  /** Of those, blocks taken by `fill`: users outside the simulation. */
  private filledBlocks = 0;
  private readonly listeners: (() => void)[] = [];

  constructor(readonly capacityBlocks: number) {}

  get freeBlocks(): number {
    return this.capacityBlocks - this.usedBlocks;
  }

  /** Takes blocks; false, and nothing taken, when fewer are free. */
  take(blocks: number): boolean {
    if (blocks > this.freeBlocks) return false;
    this.usedBlocks += blocks;
    return true;
  }

  /** Gives blocks back. */
  give(blocks: number): void {
    if (blocks <= 0) return;
    this.usedBlocks -= blocks;
    for (const listener of this.listeners) listener();
  }

  /** Takes up to `bytes` for users outside the simulation; returns the bytes really taken. */
  fill(bytes: number): number {
    const blocks = Math.max(0, Math.min(this.freeBlocks, Math.floor(bytes / BLOCK_BYTES)));
    this.usedBlocks += blocks;
    this.filledBlocks += blocks;
    return blocks * BLOCK_BYTES;
  }

  /** Gives up to `bytes` of what `fill` took back; returns the bytes really given back. */
  drain(bytes: number): number {
    const blocks = Math.max(0, Math.min(this.filledBlocks, Math.floor(bytes / BLOCK_BYTES)));
    this.filledBlocks -= blocks;
    this.give(blocks);
    return blocks * BLOCK_BYTES;
  }

  /** Calls `listener` whenever blocks become free. */
  onSpaceFreed(listener: () => void): void {
    this.listeners.push(listener);
  }
}
