import type { AllocationPolicy, FileHandle } from '../files.js';

/** Numbers the files of a simulation: all its datastores share one. */
export class FileNumbers {
  private count = 0;

  next(): number {
    return this.count++;
  }
}

/** Unit in which both kinds of datastore hand out space: 1 MiB, in blocks of 512 bytes. */
export const FILE_BLOCK = 2048;
export const FILE_BLOCK_BYTES = FILE_BLOCK * 512;

/** What every kind of datastore knows of a file; space is counted in file blocks. */
export abstract class StoredFile implements FileHandle {
  /** File blocks the file holds. */
  held = 0;
  /** Of those, file blocks still to be zeroed. */
  unzeroed = 0;

  constructor(
    readonly index: number,
    public path: string,
    public sizeBlocks: number,
    public policy: AllocationPolicy,
  ) {}

  get allocatedBlocks(): number {
    return this.held * FILE_BLOCK;
  }

  get toBeZeroedBlocks(): number {
    return this.unzeroed * FILE_BLOCK;
  }
}
