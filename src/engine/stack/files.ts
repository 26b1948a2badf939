/** What the layers above the file system know of it: files by handle, and who makes them. */

/** An open file. Rows name it by `index` in `file[io]`. */
export interface FileHandle {
  /** Number over all files of a simulation: the value of `file[io]`. */
  readonly index: number;
  /** `[datastore] folder/name.vmdk`. */
  readonly path: string;
  readonly sizeBlocks: number;
  /** Blocks of the datastore the file holds. */
  readonly allocatedBlocks: number;
  /** Of those, blocks that still have to be zeroed before their first partial write. */
  readonly toBeZeroedBlocks: number;
}

/**
 * How a file gets its blocks. `small`: at once, a file that is not a disk. `thin`: when first
 * written. `lazyThick`: at once, zeroed when first written. `eagerThick`: at once and zeroed.
 */
export type AllocationPolicy = 'small' | 'thin' | 'lazyThick' | 'eagerThick';

/** A datastore as the virtual machine's files see it. */
export interface DatastoreFiles {
  readonly name: string;
  /** Its devices keep bytes: what is written to its files has to be what they hold. */
  readonly keepsBytes?: boolean;
  /**
   * Makes a file, taking the space its policy asks for.
   * @param writtenBytes how much of a thin or lazy file counts as written already
   * @param content what it holds from the start, at most `sizeBytes`; only where bytes are kept
   * @throws InputError when the datastore has too little free space
   */
  createFile(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    writtenBytes?: number,
    content?: Uint8Array,
  ): FileHandle;
  removeFile(file: FileHandle): void;
  /**
   * Gives the file blocks (1 MiB) `first` to `end` of a file space where they have none, to be zeroed
   * when first written.
   * @returns false when there was not enough for all
   */
  extend(file: FileHandle, first: number, end: number): boolean;
  /** Calls `listener` whenever blocks become free. */
  onSpaceFreed(listener: () => void): void;
}
