import type { MoverStore } from '../operations/store.js';
import type { FileHandle } from '../stack/files.js';
import type { ChainView } from '../stack/vmfiles/chain/chain-view.js';
import type { FileContents } from './file-contents.js';

/** The 4 KiB a stamp is for, in 512-byte blocks. */
const STAMPED = 8;

/**
 * Whether a clone holds what its source held when the clone began, by what lies on the devices. Only
 * in runs that verify data.
 */
export class CloneAudit {
  /** Clones that differ, in words. */
  readonly problems: string[] = [];

  constructor(private readonly contents: FileContents) {}

  /** The stamps of a disk as its chain shows it, 0 for zeros; nothing in runs that do not verify. */
  contentOf(store: MoverStore, view: ChainView): Float64Array | undefined {
    const { contents } = this;
    if (!contents.isKept) return undefined;
    const stamps = new Float64Array(Math.ceil(view.sizeBlocks / STAMPED));
    for (const { lba, blocks, link, block } of view.runs()) {
      // Of 4 KiB that several files have parts of none is told apart.
      for (let at = Math.ceil(lba / STAMPED); at * STAMPED < lba + blocks; at++) {
        const place = block + at * STAMPED - lba;
        stamps[at] = contents.stampAt(store, link.file, place);
      }
    }
    return stamps;
  }

  /** Compares a clone that is done with what its source held. */
  compare(before: Float64Array, store: MoverStore, file: FileHandle): void {
    const now = (at: number): number => this.contents.stampAt(store, file, at * STAMPED);
    const at = before.findIndex((stamp, index) => stamp !== now(index));
    if (at < 0) return;
    const place = `${(at * STAMPED) / 2} KiB`;
    this.problems.push(`${file.path} holds ${now(at)} at ${place}, its source held ${before[at]}`);
  }
}
