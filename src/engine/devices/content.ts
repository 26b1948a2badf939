import { DATA_BLOCKS } from '../core/data-arena.js';
import { expand, recover, STAMPED_BYTES } from '../core/expand.js';
import { BLOCK_BYTES } from '../core/io.js';
import { clearRange } from '../formats/vmfs/clear.js';
import type { BlockMedium } from '../formats/vmfs/medium.js';
import type { FileContentPlan, LunPlan } from '../plan/plan.js';
import { MemoryImage } from './memory-image.js';

/** Blocks of 4 KiB that are kept together: 1 MiB. */
const CHUNK = 256;

/** What a medium holds, by blocks of 4 KiB: stamps, or bytes that stamps are told from. */
export interface Content {
  /** Where its bytes are; undefined for one of stamps only. */
  readonly image: BlockMedium | undefined;
  /** The stamp of a block. */
  get(block: number): number;
  set(block: number, stamp: number): void;
  /** The same stamp everywhere in a range of 512-byte blocks, or zeros. */
  fill(lba: number, blocks: number, stamp: number): void;
}

/** Opens or makes the file that keeps what a LUN of `bytes` bytes holds. */
export type OpenImage = (plan: FileContentPlan, bytes: number) => BlockMedium;

/**
 * What a LUN is kept in by its plan; undefined for stamps, where the run has any.
 * @param open without it, files are memory: whoever runs a plan to look at it leaves no files behind
 */
export function contentOf(name: string, plan: LunPlan, open?: OpenImage): Content | undefined {
  const { content, sizeBytes } = plan;
  if (content === undefined || content === 'stamps') return undefined;
  const image =
    content === 'memory' || open === undefined
      ? new MemoryImage(name, Math.floor(sizeBytes / BLOCK_BYTES))
      : open(content, sizeBytes);
  return new ByteContent(image);
}

/** Stamps alone, sparse: a chunk nobody has written verified data into holds nothing and stays so. */
export class StampContent implements Content {
  readonly image = undefined;
  private readonly chunks = new Map<number, Float64Array>();

  get(block: number): number {
    return this.chunks.get(Math.floor(block / CHUNK))?.[block % CHUNK] ?? 0;
  }

  set(block: number, stamp: number): void {
    const number = Math.floor(block / CHUNK);
    let chunk = this.chunks.get(number);
    if (chunk === undefined) {
      chunk = new Float64Array(CHUNK);
      this.chunks.set(number, chunk);
    }
    chunk[block % CHUNK] = stamp;
  }

  /** Blocks that are touched only in part count whole. */
  fill(lba: number, blocks: number, stamp: number): void {
    const end = Math.ceil((lba + blocks) / DATA_BLOCKS);
    for (let at = Math.floor(lba / DATA_BLOCKS); at < end; ) {
      const chunk = this.chunks.get(Math.floor(at / CHUNK));
      const from = at % CHUNK;
      const to = Math.min(CHUNK, from + end - at);
      chunk?.fill(stamp, from, to);
      at += to - from;
    }
  }
}

/** Bytes in memory or in a file. */
export class ByteContent implements Content {
  private readonly block = new Uint8Array(STAMPED_BYTES);

  constructor(readonly image: BlockMedium) {}

  get(block: number): number {
    // A device that is no whole number of 4 KiB ends in the middle of one, which nobody stamps.
    if ((block + 1) * DATA_BLOCKS > this.image.blocks) return 0;
    this.image.read(block * DATA_BLOCKS, DATA_BLOCKS, this.block);
    return recover(this.block);
  }

  set(block: number, stamp: number): void {
    if ((block + 1) * DATA_BLOCKS > this.image.blocks) return;
    this.image.write(block * DATA_BLOCKS, DATA_BLOCKS, expand(stamp));
  }

  /** To the block of 512 bytes. */
  fill(lba: number, blocks: number, stamp: number): void {
    if (stamp === 0) {
      if (this.image.clear !== undefined) this.image.clear(lba, blocks);
      else clearRange(this.image, lba * BLOCK_BYTES, blocks * BLOCK_BYTES);
      return;
    }
    const whole = expand(stamp);
    for (let at = lba; at < lba + blocks; ) {
      const inside = at % DATA_BLOCKS;
      const part = Math.min(DATA_BLOCKS - inside, lba + blocks - at);
      const bytes = whole.subarray(inside * BLOCK_BYTES, (inside + part) * BLOCK_BYTES);
      this.image.write(at, part, bytes);
      at += part;
    }
  }
}
