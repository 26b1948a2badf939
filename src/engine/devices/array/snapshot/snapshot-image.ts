import { BLOCK_BYTES } from '../../../core/io.js';
import type { BlockMedium } from '../../../formats/vmfs/medium.js';
import { MemoryImage } from '../../memory-image.js';
import { GRAIN_BLOCKS } from './grain-map.js';

/** Reads what a snapshot holds, by addresses of the LUN it is of; in one grain. */
export type SnapshotByteReader = (lba: number, blocks: number, into: Uint8Array) => void;

/**
 * The bytes of a LUN that presents a snapshot: the snapshot's, but for the grains that have been written
 * since, which are kept in memory. Before it presents one, zeros.
 */
export class SnapshotImage implements BlockMedium {
  readonly writable = true;
  private readonly own: MemoryImage;
  private readonly written = new Set<number>();
  private reader: SnapshotByteReader | undefined;

  constructor(
    readonly name: string,
    blocks: number,
  ) {
    this.own = new MemoryImage(name, blocks);
  }

  get blocks(): number {
    return this.own.blocks;
  }

  grow(blocks: number): void {
    this.own.grow(blocks);
  }

  present(reader: SnapshotByteReader): void {
    this.reader = reader;
  }

  read(lba: number, blocks: number, into: Uint8Array): void {
    this.each(lba, blocks, (grain, at, count, from) => {
      const part = into.subarray(from * BLOCK_BYTES, (from + count) * BLOCK_BYTES);
      if (this.reader === undefined || this.written.has(grain)) this.own.read(at, count, part);
      else this.reader(at, count, part);
    });
  }

  write(lba: number, blocks: number, from: Uint8Array): void {
    this.each(lba, blocks, (grain, at, count, done) => {
      this.take(grain, count);
      this.own.write(at, count, from.subarray(done * BLOCK_BYTES, (done + count) * BLOCK_BYTES));
    });
  }

  clear(lba: number, blocks: number): void {
    this.each(lba, blocks, (grain, at, count) => {
      this.take(grain, count);
      this.own.clear(at, count);
    });
  }

  flush(): void {
    // Memory is as safe as it gets.
  }

  /** The grain is its own from now on. @param changed blocks that are about to be */
  private take(grain: number, changed: number): void {
    if (this.written.has(grain)) return;
    const first = grain * GRAIN_BLOCKS;
    const blocks = Math.min(GRAIN_BLOCKS, this.blocks - first);
    if (this.reader !== undefined && changed < blocks) {
      const bytes = new Uint8Array(blocks * BLOCK_BYTES);
      this.reader(first, blocks, bytes);
      this.own.write(first, blocks, bytes);
    }
    this.written.add(grain);
  }

  /** Cuts a range at the edges of grains: address, length, and how far into the range each piece is. */
  private each(
    lba: number,
    blocks: number,
    visit: (grain: number, at: number, count: number, done: number) => void,
  ): void {
    for (let done = 0; done < blocks; ) {
      const at = lba + done;
      const count = Math.min(blocks - done, GRAIN_BLOCKS - (at % GRAIN_BLOCKS));
      visit(Math.floor(at / GRAIN_BLOCKS), at, count, done);
      done += count;
    }
  }
}
