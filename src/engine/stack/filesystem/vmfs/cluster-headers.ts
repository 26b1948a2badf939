import { FILE_BLOCK } from '../file.js';
import { CLUSTER_FILE_BLOCKS, clusterLockAt } from './layout.js';

/** A lock block and a bitmap block for each cluster. */
const HEADER_BLOCKS = 2;

/** Where the headers of resource clusters are: those of a fresh volume in its system files, later ones in file blocks. */
export class ClusterHeaders {
  /** First clusters of later ranges, ascending, and where their headers begin, in blocks. */
  private later: { readonly first: number; readonly at: number }[] = [];
  private count: number;

  /** @param fileBlocks of the fresh volume */
  constructor(fileBlocks: number) {
    this.count = Math.ceil(fileBlocks / CLUSTER_FILE_BLOCKS);
  }

  copy(): ClusterHeaders {
    const copy = new ClusterHeaders(0);
    copy.later = [...this.later];
    copy.count = this.count;
    return copy;
  }

  /** The lock block of the cluster a file block is in; its bitmap is the next. In blocks of the volume. */
  at(fileBlock: number): number {
    const cluster = Math.floor(fileBlock / CLUSTER_FILE_BLOCKS);
    const range = this.later.findLast(({ first }) => first <= cluster);
    if (range === undefined) return clusterLockAt(fileBlock);
    return range.at + (cluster - range.first) * HEADER_BLOCKS;
  }

  /** Blocks that headers of the clusters take which a volume of so many file blocks has more. */
  moreFor(fileBlocks: number): number {
    return (Math.ceil(fileBlocks / CLUSTER_FILE_BLOCKS) - this.count) * HEADER_BLOCKS;
  }

  /** @param fileBlock where the headers of the further clusters go */
  grow(fileBlocks: number, fileBlock: number): void {
    this.later.push({ first: this.count, at: fileBlock * FILE_BLOCK });
    this.count = Math.ceil(fileBlocks / CLUSTER_FILE_BLOCKS);
  }
}
