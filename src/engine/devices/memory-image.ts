import { type BlockMedium, MEDIUM_BLOCK_BYTES } from '../formats/vmfs/medium.js';

/** Blocks kept together: 64 KiB. */
const CHUNK_BLOCKS = 128;

/** An image in memory that takes space only for what was written: tests, and volumes not worth a file. */
export class MemoryImage implements BlockMedium {
  readonly writable = true;
  private readonly chunks = new Map<number, Uint8Array>();

  constructor(
    readonly name: string,
    private size: number,
  ) {}

  get blocks(): number {
    return this.size;
  }

  grow(blocks: number): void {
    this.size = blocks;
  }

  read(lba: number, blocks: number, into: Uint8Array): void {
    this.each(lba, blocks, (chunk, inside, from, bytes) => {
      const content = this.chunks.get(chunk);
      if (content === undefined) into.fill(0, from, from + bytes);
      else into.set(content.subarray(inside, inside + bytes), from);
    });
  }

  write(lba: number, blocks: number, from: Uint8Array): void {
    this.each(lba, blocks, (chunk, inside, at, bytes) => {
      let content = this.chunks.get(chunk);
      if (content === undefined) {
        content = new Uint8Array(CHUNK_BLOCKS * MEDIUM_BLOCK_BYTES);
        this.chunks.set(chunk, content);
      }
      content.set(from.subarray(at, at + bytes), inside);
    });
  }

  /** What becomes zeros as a whole takes no space any more. */
  clear(lba: number, blocks: number): void {
    this.each(lba, blocks, (chunk, inside, _at, bytes) => {
      if (bytes === CHUNK_BLOCKS * MEDIUM_BLOCK_BYTES) this.chunks.delete(chunk);
      else this.chunks.get(chunk)?.fill(0, inside, inside + bytes);
    });
  }

  flush(): void {}

  /** A second image with the same content. */
  copy(): MemoryImage {
    const copy = new MemoryImage(this.name, this.blocks);
    for (const [chunk, content] of this.chunks) copy.chunks.set(chunk, content.slice());
    return copy;
  }

  /** What was ever written, for those who store it elsewhere: byte offset and content. */
  *written(): Generator<readonly [number, Uint8Array]> {
    for (const [chunk, content] of this.chunks) {
      yield [chunk * CHUNK_BLOCKS * MEDIUM_BLOCK_BYTES, content];
    }
  }

  private each(
    lba: number,
    blocks: number,
    visit: (chunk: number, inside: number, from: number, bytes: number) => void,
  ): void {
    if (lba < 0 || lba + blocks > this.blocks) {
      throw new RangeError(`${this.name}: blocks ${lba} to ${lba + blocks} of ${this.blocks}`);
    }
    for (let done = 0; done < blocks; ) {
      const inside = (lba + done) % CHUNK_BLOCKS;
      const part = Math.min(blocks - done, CHUNK_BLOCKS - inside);
      const bytes = part * MEDIUM_BLOCK_BYTES;
      const chunk = Math.floor((lba + done) / CHUNK_BLOCKS);
      visit(chunk, inside * MEDIUM_BLOCK_BYTES, done * MEDIUM_BLOCK_BYTES, bytes);
      done += part;
    }
  }
}
