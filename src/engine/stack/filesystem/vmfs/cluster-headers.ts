import { FILE_BLOCK } from '../file.js';
import type { VmfsLayout } from './layout.js';

/** Where the headers of resource clusters are: those of a fresh volume in its system files, later ones in file blocks. */
export class ClusterHeaders {
  /** First clusters of later ranges, ascending, and where their headers begin, in blocks. */
  private later: { readonly first: number; readonly at: number }[] = [];
  private count: number;

  /** @param fileBlocks of the fresh volume */
  constructor(
    private readonly layout: VmfsLayout,
    fileBlocks: number,
  ) {
    this.count = this.clustersOf(fileBlocks);
  }

  /** Of a lock or a bitmap, in blocks. */
  get unitBlocks(): number {
    return this.layout.figures.unitBlocks;
  }

  copy(): ClusterHeaders {
    const copy = new ClusterHeaders(this.layout, 0);
    copy.later = [...this.later];
    copy.count = this.count;
    return copy;
  }

  /** The lock block of the cluster a file block is in; its bitmap is the next unit. In blocks of the volume. */
  at(fileBlock: number): number {
    const cluster = Math.floor(fileBlock / this.layout.figures.clusterFileBlocks);
    const range = this.later.findLast(({ first }) => first <= cluster);
    if (range === undefined) return this.layout.clusterLockAt(fileBlock);
    return range.at + (cluster - range.first) * 2 * this.unitBlocks;
  }

  /** Blocks that headers of the clusters take which a volume of so many file blocks has more. */
  moreFor(fileBlocks: number): number {
    return (this.clustersOf(fileBlocks) - this.count) * 2 * this.unitBlocks;
  }

  /** @param fileBlock where the headers of the further clusters go */
  grow(fileBlocks: number, fileBlock: number): void {
    this.later.push({ first: this.count, at: fileBlock * FILE_BLOCK });
    this.count = this.clustersOf(fileBlocks);
  }

  private clustersOf(fileBlocks: number): number {
    return Math.ceil(fileBlocks / this.layout.figures.clusterFileBlocks);
  }
}
