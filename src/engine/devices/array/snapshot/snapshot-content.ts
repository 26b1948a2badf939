import { DATA_BLOCKS } from '../../../core/data-arena.js';
import type { Content } from '../../content.js';

/** What a snapshot holds: the stamp of the 4 KiB at an address of the LUN it is of. */
export type SnapshotReader = (lba: number) => number;

/**
 * What a LUN holds that presents a snapshot: what the snapshot does, until it is written itself. Stamps
 * only. Before it presents one, nothing.
 */
export class SnapshotContent implements Content {
  readonly image = undefined;
  private readonly own = new Map<number, number>();
  private reader: SnapshotReader | undefined;

  present(reader: SnapshotReader): void {
    this.reader = reader;
    this.own.clear();
  }

  get(block: number): number {
    return this.own.get(block) ?? this.reader?.(block * DATA_BLOCKS) ?? 0;
  }

  set(block: number, stamp: number): void {
    this.own.set(block, stamp);
  }

  fill(lba: number, blocks: number, stamp: number): void {
    const end = Math.ceil((lba + blocks) / DATA_BLOCKS);
    for (let block = Math.floor(lba / DATA_BLOCKS); block < end; block++) {
      this.own.set(block, stamp);
    }
  }
}
