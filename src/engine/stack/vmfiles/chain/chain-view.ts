import type { FileHandle } from '../../files.js';
import { type Link, Lookup } from './link.js';

/** File block of a datastore, 1 MiB, in 512-byte blocks. */
const FILE_BLOCK = 2048;

/** A part of a disk that lies side by side in one file of its chain; blocks of 512 bytes. */
export interface ViewRun {
  /** Address in the virtual disk. */
  readonly lba: number;
  readonly blocks: number;
  readonly link: Link;
  /** Block of the link's file where it begins. */
  readonly block: number;
}

/**
 * A disk as the links of a chain show it together: for each address the one file that holds it, or
 * none where it reads as zeros (never written, or given back). For whoever reads disks past their
 * guests: clones and backups. The result of a look is in the fields: nothing is allocated.
 */
export class ChainView {
  /** Who has what was looked for; undefined for zeros. */
  link: Link | undefined;
  /** Block of its file. */
  block = 0;
  /** Blocks that lie side by side there, or are all zeros. */
  length = 0;
  private readonly found = new Lookup();

  /**
   * @param links leaf first, down to the base
   * @param isHeld whether anything was ever written to a file block, 1 MiB, of a flat file
   */
  constructor(
    readonly links: readonly Link[],
    private readonly isHeld: (file: FileHandle, fileBlock: number) => boolean,
  ) {}

  get sizeBlocks(): number {
    return (this.links.at(-1) as Link).file.sizeBlocks;
  }

  /**
   * Looks an address up.
   * @param at 512-byte block of the disk
   * @param most blocks, 1 and up
   */
  find(at: number, most: number): void {
    const { found } = this;
    found.find(this.links, at, most);
    this.block = found.block;
    this.length = found.length;
    const link = found.zeros ? undefined : this.links[found.index];
    this.link = link;
    if (link !== undefined && link.delta === undefined) this.findInFlat(link);
  }

  /** Parts that are not zeros, in order of address. */
  *runs(from = 0, end = this.sizeBlocks): Generator<ViewRun> {
    for (let lba = from; lba < end; ) {
      this.find(lba, end - lba);
      const { link, block, length: blocks } = this;
      if (link !== undefined) yield { lba, blocks, link, block };
      lba += blocks;
    }
  }

  /** Whether anything but zeros may be in a file block, 1 MiB, of the disk. */
  holds(fileBlock: number): boolean {
    const end = Math.min((fileBlock + 1) * FILE_BLOCK, this.sizeBlocks);
    for (let at = fileBlock * FILE_BLOCK; at < end; at += this.length) {
      this.find(at, end - at);
      if (this.link !== undefined) return true;
    }
    return false;
  }

  /** A flat file lies side by side with itself, but for its holes. */
  private findInFlat({ file }: Link): void {
    const first = Math.floor(this.block / FILE_BLOCK);
    const end = this.block + this.length;
    const isHeld = this.isHeld(file, first);
    let next = first + 1;
    while (next * FILE_BLOCK < end && this.isHeld(file, next) === isHeld) next++;
    this.length = Math.min(end, next * FILE_BLOCK) - this.block;
    if (!isHeld) this.link = undefined;
  }
}
