import { FormatError } from '../../core/errors.js';
import { getU64Saturated, putU32 } from './bytes.js';
import type { Descriptor } from './descriptor.js';
import {
  type DirectoryContext,
  type DirectoryFormat,
  type DirectoryProblems,
  type Entry,
  entryOf,
  type NewEntry,
  requireDirectoryLength,
} from './directory.js';
import { HashedBlocks } from './hashed-blocks.js';
import {
  BLOCK_BYTES,
  BLOCK_HEADER_BYTES,
  BlockHead,
  blockOffset,
  decodeRecord,
  ENTRIES_AGAIN_AT,
  ENTRIES_AT,
  encodeRecord,
  GROUPS_PER_BLOCK,
  HAS_FREE,
  HEADER_BYTES,
  LINK_BLOCK,
  type Location,
  NOT_WRITTEN,
  PARENT_AT,
  RECORD_BLOCK,
  RECORD_BYTES,
  RECORD_HASH_AT,
  RECORD_OFFSET_AT,
  RECORDS_PER_BLOCK,
  recordOffset,
  SELF_AT,
  sameLocation,
  VERSION,
  VERSION_DEBUG,
} from './hashed-layout.js';
import { HashedLinks } from './hashed-links.js';
import { hashName } from './name-hash.js';
import { isRoot } from './root.js';

/** Blocks a directory of one record takes at most: 14 records in a block, so far fewer in fact. */
const BYTES_PER_RECORD_MAX = 2 * BLOCK_BYTES;

/** Directories of VMFS 6: a hash table, blocks of records, blocks of links (reference, section 13). */
export class HashedDirectories implements DirectoryFormat {
  constructor(private readonly context: DirectoryContext) {}

  private open(dir: Descriptor): HashedBlocks {
    return new HashedBlocks(this.context.contents, dir);
  }

  entries(dir: Descriptor): Entry[] {
    const extra = HEADER_BYTES + 16 * BLOCK_BYTES;
    requireDirectoryLength(this.context.core, dir, BYTES_PER_RECORD_MAX, extra);
    const blocks = this.open(dir);
    const version = blocks.readWord(0);
    if (version !== VERSION && version !== VERSION_DEBUG) {
      throw new FormatError(`a directory of version ${version.toString(16)}`);
    }
    const entries = [SELF_AT, PARENT_AT].map((at) =>
      decodeRecord(blocks.read(at, RECORD_BYTES), at),
    );
    blocks.nibbles().forEach((nibble, block) => {
      if ((nibble & NOT_WRITTEN) !== 0 || (nibble & 3) !== RECORD_BLOCK) return;
      entries.push(...this.records(blocks, block));
    });
    return entries;
  }

  private records(blocks: HashedBlocks, block: number): Entry[] {
    const bytes = blocks.read(blockOffset(block), BLOCK_BYTES);
    const head = new BlockHead(bytes.subarray(0, BLOCK_HEADER_BYTES));
    if (head.kind !== RECORD_BLOCK) {
      throw new FormatError(`block ${block} of the directory is of kind ${head.kind}, not records`);
    }
    const entries: Entry[] = [];
    const slots = head.slots(RECORDS_PER_BLOCK);
    for (let slot = 0; slot < slots; slot++) {
      if (head.isFree(slot)) continue;
      const at = BLOCK_HEADER_BYTES + slot * RECORD_BYTES;
      const record = bytes.subarray(at, at + RECORD_BYTES);
      entries.push(decodeRecord(record, blockOffset(block) + at));
    }
    return entries;
  }

  create(dir: Descriptor, parent: Descriptor): void {
    const header = new Uint8Array(HEADER_BYTES);
    putU32(header, 0, VERSION);
    putU32(header, ENTRIES_AT, 2);
    putU32(header, ENTRIES_AGAIN_AT, 2);
    header.set(encodeRecord(entryOf('.', dir), SELF_AT, 0), SELF_AT);
    header.set(encodeRecord(entryOf('..', parent), PARENT_AT, 0), PARENT_AT);
    const blocks = this.open(dir);
    blocks.write(0, header);
    // Readers look at block 1 for records even where there are none.
    blocks.addBlock(RECORD_BLOCK, RECORDS_PER_BLOCK);
  }

  add(dir: Descriptor, entry: NewEntry): void {
    const blocks = this.open(dir);
    const hash = hashName(entry.name, isRoot(dir));
    const location = blocks.takeSlot(RECORD_BLOCK, RECORDS_PER_BLOCK);
    const at = recordOffset(location);
    blocks.write(at, encodeRecord(entry, at, hash.stored));
    new HashedLinks(blocks).add(hash.slot, hash.link, location);
    this.count(blocks, 1);
  }

  remove(dir: Descriptor, entry: Entry): void {
    const blocks = this.open(dir);
    const location = locationOf(entry);
    new HashedLinks(blocks).remove(hashName(entry.name, isRoot(dir)).slot, location);
    // Readers that pass over the bitmap would list the name for ever.
    blocks.write(entry.offset, new Uint8Array(RECORD_BYTES));
    blocks.giveSlot(location);
    this.count(blocks, -1);
  }

  retarget(dir: Descriptor, entry: Entry, target: NewEntry): void {
    const blocks = this.open(dir);
    const own = entry.name === '.' || entry.name === '..';
    const hash = own ? 0 : hashName(entry.name, isRoot(dir)).stored;
    const record = encodeRecord({ ...target, name: entry.name }, entry.offset, hash);
    blocks.write(entry.offset, record);
  }

  private count(blocks: HashedBlocks, change: number): void {
    blocks.writeWord(ENTRIES_AT, blocks.readWord(ENTRIES_AT) + change);
    blocks.writeWord(ENTRIES_AGAIN_AT, blocks.readWord(ENTRIES_AGAIN_AT) + change);
  }

  problems(dir: Descriptor, entries: readonly Entry[]): DirectoryProblems {
    const blocks = this.open(dir);
    const links = new HashedLinks(blocks);
    const problems: DirectoryProblems = { wrong: [], unfamiliar: [] };
    const counted = blocks.readWord(ENTRIES_AT);
    if (counted !== entries.length) {
      problems.wrong.push(`counts ${counted} records, has ${entries.length}`);
    }
    for (const entry of entries.slice(2)) {
      const { slot, stored } = hashName(entry.name, isRoot(dir));
      addRecordProblems(problems, blocks, entry, stored);
      const found = links.find(slot).some((at) => sameLocation(at, locationOf(entry)));
      if (!found) problems.wrong.push(`its hash table does not lead to "${entry.name}"`);
    }
    blocks.nibbles().forEach((nibble, block) => {
      addBlockProblems(problems, blocks, block, nibble);
    });
    return problems;
  }
}

/** The hash in a record was read off one volume, and the reference has it otherwise. */
function addRecordProblems(
  problems: DirectoryProblems,
  blocks: HashedBlocks,
  { name, offset }: Entry,
  hash: number,
): void {
  const own = getU64Saturated(blocks.read(offset + RECORD_OFFSET_AT, 8), 0);
  const found = blocks.readWord(offset + RECORD_HASH_AT);
  if (own !== offset) {
    problems.wrong.push(`the record of "${name}" at ${offset} says it is at ${own}`);
  }
  if (found !== hash) {
    problems.unfamiliar.push(`the record of "${name}" has hash ${found.toString(16)}`);
  }
}

/** The head of a block of records or links contradicts itself, or what the map says of the block. */
function addBlockProblems(
  problems: DirectoryProblems,
  blocks: HashedBlocks,
  block: number,
  nibble: number,
): void {
  const kind = nibble & 3;
  if ((nibble & NOT_WRITTEN) !== 0 || (kind !== RECORD_BLOCK && kind !== LINK_BLOCK)) return;
  const head = blocks.head(block);
  const slots = kind === RECORD_BLOCK ? RECORDS_PER_BLOCK : GROUPS_PER_BLOCK;
  let free = 0;
  for (let slot = 0; slot < slots; slot++) if (head.isFree(slot)) free++;
  if (head.kind !== kind || head.total !== slots || head.free !== free) {
    problems.wrong.push(
      `block ${block} counts ${head.free} of ${head.total} slots free, has ${free} of ${slots}`,
    );
  }
  if (((nibble & HAS_FREE) !== 0) !== free > 0) {
    problems.unfamiliar.push(`block ${block} has ${free} free slots, its map says otherwise`);
  }
}

function locationOf(entry: Entry): Location {
  const inBlocks = entry.offset - HEADER_BYTES;
  const block = Math.floor(inBlocks / BLOCK_BYTES);
  const slot = Math.floor((inBlocks % BLOCK_BYTES) / RECORD_BYTES);
  return { kind: RECORD_BLOCK, block, slot };
}
