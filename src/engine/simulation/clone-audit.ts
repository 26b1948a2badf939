import type { MoverStore } from '../operations/store.js';
import type { FileHandle } from '../stack/files.js';
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

  /** The stamps of a file, 0 in holes; nothing in runs that do not verify. */
  contentOf(store: MoverStore, file: FileHandle): Float64Array | undefined {
    const { contents } = this;
    if (!contents.isKept) return undefined;
    const stamps = new Float64Array(Math.ceil(file.sizeBlocks / STAMPED));
    for (let at = 0; at < stamps.length; at++) {
      stamps[at] = contents.stampAt(store, file, at * STAMPED);
    }
    return stamps;
  }

  /** Compares a clone that is done with what its source held. */
  compare(before: Float64Array, store: MoverStore, file: FileHandle): void {
    const now = this.contentOf(store, file) as Float64Array;
    const at = now.findIndex((stamp, index) => stamp !== before[index]);
    if (at < 0) return;
    const place = `${(at * STAMPED) / 2} KiB`;
    this.problems.push(`${file.path} holds ${now[at]} at ${place}, its source held ${before[at]}`);
  }
}
