import type { FreedSpace } from './freed-space.js';
import { CLUSTER_FILE_BLOCKS } from './layout.js';

/** No file block. */
export const NONE = -1;

/**
 * Which file blocks are in use. File blocks are grouped in resource clusters; whoever allocates
 * (each host, and the volume itself for new files) stays in a cluster of its own until it is used
 * up, so hosts seldom need one another's locks.
 */
export class Space {
  free: number;
  /** Where the array is to be told of freed blocks. */
  freed: FreedSpace | undefined;
  private used: Uint8Array;
  private freeIn: Int32Array;
  /** Who works in a cluster, or NONE. */
  private holder: Int32Array;
  /** Per allocator: its cluster or NONE, and where in it to look next. */
  private readonly cluster: number[] = [];
  private readonly cursor: number[] = [];

  /**
   * @param reserved file blocks at the start that are never handed out
   * @param clusterBlocks file blocks of a resource cluster
   */
  constructor(
    private blocks: number,
    reserved: number,
    private readonly clusterBlocks = CLUSTER_FILE_BLOCKS,
  ) {
    const clusters = Math.ceil(blocks / clusterBlocks);
    this.used = new Uint8Array(blocks).fill(1, 0, reserved);
    this.holder = new Int32Array(clusters).fill(NONE);
    this.freeIn = new Int32Array(clusters);
    for (let cluster = 0; cluster < clusters; cluster++) {
      const start = Math.max(cluster * clusterBlocks, reserved);
      const end = Math.min((cluster + 1) * clusterBlocks, blocks);
      this.freeIn[cluster] = Math.max(0, end - start);
    }
    this.free = blocks - reserved;
  }

  /** File blocks, used or free. */
  get size(): number {
    return this.blocks;
  }

  /** The same blocks in use, and nobody working in any cluster. */
  copy(): Space {
    const copy = new Space(this.size, 0, this.clusterBlocks);
    for (let block = 0; block < this.size; block++) if (this.isUsed(block)) copy.take(block);
    return copy;
  }

  /** The volume has become larger: the blocks behind the old end are free. */
  grow(size: number): void {
    const { clusterBlocks } = this;
    const before = this.size;
    const old = this.freeIn.length;
    const clusters = Math.ceil(size / clusterBlocks);
    this.used = longer(new Uint8Array(size), this.used);
    this.holder = longer(new Int32Array(clusters).fill(NONE), this.holder);
    this.freeIn = longer(new Int32Array(clusters), this.freeIn);
    for (let cluster = Math.max(0, old - 1); cluster < clusters; cluster++) {
      const start = Math.max(cluster * clusterBlocks, before);
      const end = Math.min((cluster + 1) * clusterBlocks, size);
      this.freeIn[cluster] += Math.max(0, end - start);
    }
    this.freed?.grow(size);
    this.free += size - before;
    this.blocks = size;
  }

  /** A new allocator's number. */
  addAllocator(): number {
    this.cursor.push(0);
    return this.cluster.push(NONE) - 1;
  }

  /** A file block that was free, or NONE. */
  allocate(allocator: number): number {
    if (this.free === 0) return NONE;
    let cluster = this.cluster[allocator];
    if (cluster === NONE || this.freeIn[cluster] === 0) cluster = this.move(allocator);
    const start = cluster * this.clusterBlocks;
    const end = Math.min(start + this.clusterBlocks, this.size);
    let block = this.cursor[allocator];
    while (block >= end || this.used[block] !== 0) block = block >= end ? start : block + 1;
    this.used[block] = 1;
    this.freed?.forget(block);
    this.freeIn[cluster]--;
    this.free--;
    this.cursor[allocator] = block + 1;
    return block;
  }

  /**
   * Up to `most` free file blocks in a row: calls `take` with the first and how many. For new files,
   * which take their blocks by the thousand.
   */
  allocateRun(allocator: number, most: number, take: (first: number, count: number) => void): void {
    const first = this.allocate(allocator);
    if (first === NONE) return;
    const cluster = Math.floor(first / this.clusterBlocks);
    const end = Math.min((cluster + 1) * this.clusterBlocks, this.size, first + most);
    let next = first + 1;
    while (next < end && this.used[next] === 0) {
      this.freed?.forget(next);
      this.used[next++] = 1;
    }
    const more = next - first - 1;
    this.freeIn[cluster] -= more;
    this.free -= more;
    this.cursor[allocator] = next;
    take(first, more + 1);
  }

  /**
   * Whole resource clusters that are free, for up to `most` file blocks: the large file blocks that thick
   * files take as far as they go, and small ones for the rest (stack-upper reference, section 5).
   */
  allocateClusters(most: number, take: (first: number, count: number) => void): void {
    const { clusterBlocks, freeIn, holder } = this;
    let left = most;
    for (let cluster = 0; cluster < freeIn.length && left >= clusterBlocks; cluster++) {
      if (freeIn[cluster] !== clusterBlocks || holder[cluster] !== NONE) continue;
      const first = cluster * clusterBlocks;
      for (let block = first; block < first + clusterBlocks; block++) this.take(block);
      take(first, clusterBlocks);
      left -= clusterBlocks;
    }
  }

  /** Up to `most` free file blocks from `start` on, in order, now in use. */
  takeFree(start: number, most: number): number[] {
    const taken: number[] = [];
    for (let block = start; block < this.size && taken.length < most; block++) {
      if (this.used[block] !== 0) continue;
      this.used[block] = 1;
      this.freed?.forget(block);
      this.freeIn[Math.floor(block / this.clusterBlocks)]--;
      taken.push(block);
    }
    this.free -= taken.length;
    return taken;
  }

  /** Takes the next run of at most `most` blocks that have been free for long. */
  takeFreed(most: number): { first: number; count: number } | undefined {
    const run = this.freed?.nextRun(most);
    if (run !== undefined) this.takeFree(run.first, run.count);
    return run;
  }

  /** Takes this very file block; false when it is in use. */
  take(block: number): boolean {
    if (this.used[block] !== 0) return false;
    this.freed?.forget(block);
    this.used[block] = 1;
    this.freeIn[Math.floor(block / this.clusterBlocks)]--;
    this.free--;
    return true;
  }

  /** @param isKnown the array has been told that it is free */
  give(block: number, isKnown = false): void {
    if (!isKnown) this.freed?.note(block);
    this.used[block] = 0;
    this.freeIn[Math.floor(block / this.clusterBlocks)]++;
    this.free++;
  }

  isUsed(block: number): boolean {
    return this.used[block] !== 0;
  }

  /** By file block: 1 where it is in use. */
  usedBlocks(): Uint8Array {
    return this.used.slice();
  }

  /** Next cluster with free blocks, one nobody works in if there is any. There are free blocks. */
  private move(allocator: number): number {
    const { freeIn, holder } = this;
    const old = this.cluster[allocator];
    if (old !== NONE && holder[old] === allocator) holder[old] = NONE;
    let found = NONE;
    for (let step = 1; step <= freeIn.length; step++) {
      const cluster = (old + step) % freeIn.length;
      if (freeIn[cluster] === 0) continue;
      if (found === NONE) found = cluster;
      if (holder[cluster] !== NONE) continue;
      found = cluster;
      break;
    }
    if (holder[found] === NONE) holder[found] = allocator;
    this.cluster[allocator] = found;
    this.cursor[allocator] = found * this.clusterBlocks;
    return found;
  }
}

function longer<T extends Uint8Array | Int32Array>(into: T, old: T): T {
  into.set(old);
  return into;
}
