/** What a copy of a disk in use and the writes of its guest must know of one another. */
export interface CopyGuard {
  /** True while a write that was sent before the copy began is still on its way. */
  readonly unsettled: boolean;
  /** The file block that a write waits for longest, or -1. */
  readonly wanted: number;
  /** It is known what there is to copy: blocks that were not finished before will be copied. */
  settled(): void;
  /**
   * The copy of these file blocks begins when `ready` is called, at once or later: no write to them is
   * on its way then, and none begins before they are finished.
   */
  claim(first: number, count: number, ready: () => void): void;
  /** These file blocks are equal now. */
  finished(first: number, count: number): void;
  /** The copy has ended, well or not. */
  end(): void;
}

/** Of what nobody writes to, such as the disk a snapshot keeps. */
export const STILL: CopyGuard = {
  unsettled: false,
  wanted: -1,
  settled: () => {},
  claim: (_first, _count, ready) => ready(),
  finished: () => {},
  end: () => {},
};
