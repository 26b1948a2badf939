import { FormatError } from '../../core/errors.js';
import { getU32, putU32 } from './bytes.js';
import type { Contents } from './contents.js';
import type { Descriptor } from './descriptor.js';
import {
  BLOCK_BYTES,
  BLOCK_HEADER_BYTES,
  BLOCKS_PER_MAP,
  BlockHead,
  blockOffset,
  HAS_FREE,
  HEADER_BYTES,
  type Location,
  MAP_BLOCK,
  MAP_LIST_AT,
  MAPS_AT,
  MAPS_MAX,
  NOT_WRITTEN,
} from './hashed-layout.js';

/** The blocks of one VMFS 6 directory: which kinds they are, and the slots in them. */
export class HashedBlocks {
  constructor(
    private readonly contents: Contents,
    readonly dir: Descriptor,
  ) {}

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.contents.read(this.dir, offset, bytes);
    return bytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    this.contents.write(this.dir, offset, bytes);
  }

  readWord(offset: number): number {
    return getU32(this.read(offset, 4), 0);
  }

  writeWord(offset: number, value: number): void {
    const bytes = new Uint8Array(4);
    putU32(bytes, 0, value);
    this.write(offset, bytes);
  }

  /** Blocks behind the header, as far as the directory is long. */
  get count(): number {
    return Math.max(0, Math.floor((this.dir.length - HEADER_BYTES) / BLOCK_BYTES));
  }

  private mapBlock(map: number): number {
    if (map >= Math.min(this.readWord(MAPS_AT), MAPS_MAX)) {
      throw new FormatError(`block map ${map} of the directory is not there`);
    }
    const block = this.readWord(MAP_LIST_AT + 4 * map);
    if (block < this.count) return block;
    throw new FormatError(`block map ${map} lies in block ${block} of ${this.count}`);
  }

  /** What the allocation map says of each block of the directory. */
  nibbles(): Uint8Array {
    const { count } = this;
    const nibbles = new Uint8Array(count).fill(NOT_WRITTEN);
    for (let map = 0; map * BLOCKS_PER_MAP < count; map++) {
      const bytes = this.read(blockOffset(this.mapBlock(map)), BLOCK_BYTES);
      const here = Math.min(BLOCKS_PER_MAP, count - map * BLOCKS_PER_MAP);
      for (let index = 0; index < here; index++) {
        const byte = bytes[BLOCK_HEADER_BYTES + (index >> 1)];
        nibbles[map * BLOCKS_PER_MAP + index] = (index & 1) === 0 ? byte >> 4 : byte & 15;
      }
    }
    return nibbles;
  }

  private setNibble(block: number, nibble: number): void {
    const map = Math.floor(block / BLOCKS_PER_MAP);
    const index = block % BLOCKS_PER_MAP;
    const at = blockOffset(this.mapBlock(map)) + BLOCK_HEADER_BYTES + (index >> 1);
    const bytes = this.read(at, 1);
    bytes[0] = (index & 1) === 0 ? (bytes[0] & 15) | (nibble << 4) : (bytes[0] & 0xf0) | nibble;
    this.write(at, bytes);
  }

  head(block: number): BlockHead {
    return new BlockHead(this.read(blockOffset(block), BLOCK_HEADER_BYTES));
  }

  /** A free slot of a block of that kind, now taken; in a new block where no other has one. */
  takeSlot(kind: number, slots: number): Location {
    const nibbles = this.nibbles();
    let block = nibbles.findIndex((nibble) => nibble === (kind | HAS_FREE));
    if (block < 0) block = this.addBlock(kind, slots);
    const head = this.head(block);
    const slot = head.firstFree(slots);
    if (slot === undefined || head.kind !== kind) {
      throw new FormatError(`block ${block} of the directory contradicts its map`);
    }
    head.mark(slot, false);
    this.write(blockOffset(block), head.bytes);
    if (head.free === 0) this.setNibble(block, kind);
    return { kind, block, slot };
  }

  giveSlot({ kind, block, slot }: Location): void {
    const head = this.head(block);
    head.mark(slot, true);
    this.write(blockOffset(block), head.bytes);
    this.setNibble(block, kind | HAS_FREE);
  }

  /** Appends an empty block, and the map that tells of it where it is the first of many. */
  addBlock(kind: number, slots: number): number {
    if (this.count % BLOCKS_PER_MAP === 0) this.addMap();
    const block = this.count;
    const bytes = new Uint8Array(BLOCK_BYTES);
    bytes.set(BlockHead.fresh(kind, slots).bytes);
    this.write(blockOffset(block), bytes);
    this.setNibble(block, kind | HAS_FREE);
    return block;
  }

  private addMap(): void {
    const block = this.count;
    const maps = block / BLOCKS_PER_MAP;
    if (maps >= MAPS_MAX) throw new FormatError('the directory is as large as it can be');
    const bytes = new Uint8Array(BLOCK_BYTES).fill(NOT_WRITTEN * 17, BLOCK_HEADER_BYTES);
    bytes[2] = MAP_BLOCK;
    this.write(blockOffset(block), bytes);
    this.writeWord(MAP_LIST_AT + 4 * maps, block);
    this.writeWord(MAPS_AT, maps + 1);
    this.setNibble(block, MAP_BLOCK);
  }
}
