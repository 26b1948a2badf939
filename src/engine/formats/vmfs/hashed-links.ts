import { FormatError } from '../../core/errors.js';
import { getU16, putU16 } from './bytes.js';
import type { HashedBlocks } from './hashed-blocks.js';
import {
  BLOCK_HEADER_BYTES,
  blockOffset,
  GROUPS_PER_BLOCK,
  getLocation,
  LINK_BLOCK,
  type Location,
  NOWHERE,
  putLocation,
  recordOffset,
  sameLocation,
  TABLE_AT,
} from './hashed-layout.js';

/**
 * The hash table of a VMFS 6 directory: a slot says where the one record of its hash is, or where the
 * first group of links to several is (reference, section 13.4).
 */

const GROUP_BYTES = 84;
const LINKS = 12;
const FREE_AT = 3;
const NEXT_FREE_AT = 4;
const LINKS_AT = 6;
const LINK_BYTES = 6;
const NEXT_AT = LINKS_AT + LINKS * LINK_BYTES;
/** Groups of one chain that are followed: 12 links each, more than a directory has of one hash. */
const CHAIN_MAX = 4096;

interface Group {
  readonly location: Location;
  readonly bytes: Uint8Array;
}

export class HashedLinks {
  constructor(private readonly blocks: HashedBlocks) {}

  /** Every record that a slot of the table leads to. */
  find(slot: number): Location[] {
    const first = this.slotLocation(slot);
    if (first.kind === 0) return [];
    if (first.kind !== LINK_BLOCK) return [first];
    return this.chain(first).flatMap((group) =>
      linksOf(group).filter((location) => location.kind !== 0),
    );
  }

  add(slot: number, link: number, record: Location): void {
    const first = this.slotLocation(slot);
    if (first.kind === 0) {
      this.setSlot(slot, record);
      return;
    }
    if (first.kind !== LINK_BLOCK) {
      const group = this.freshGroup(slot, NOWHERE);
      const other = this.blocks.read(recordHashAt(first), 2);
      this.putLink(group, first, getU16(other, 0));
      this.putLink(group, record, link);
      this.setSlot(slot, group.location);
      return;
    }
    const open = this.chain(first).find((group) => group.bytes[FREE_AT] > 0);
    if (open !== undefined) {
      this.putLink(open, record, link);
      return;
    }
    const group = this.freshGroup(slot, first);
    this.putLink(group, record, link);
    this.setSlot(slot, group.location);
  }

  remove(slot: number, record: Location): void {
    const first = this.slotLocation(slot);
    if (sameLocation(first, record)) {
      this.setSlot(slot, NOWHERE);
      return;
    }
    if (first.kind !== LINK_BLOCK) throw notInTable();
    let before: Group | undefined;
    for (const group of this.chain(first)) {
      const index = linksOf(group).findIndex((location) => sameLocation(location, record));
      if (index < 0) {
        before = group;
        continue;
      }
      group.bytes.fill(0, LINKS_AT + index * LINK_BYTES, LINKS_AT + (index + 1) * LINK_BYTES);
      group.bytes[FREE_AT] += 1;
      if (group.bytes[FREE_AT] < LINKS) this.writeGroup(group);
      else this.dropGroup(slot, before, group);
      return;
    }
    throw notInTable();
  }

  private dropGroup(slot: number, before: Group | undefined, group: Group): void {
    const next = getLocation(group.bytes, NEXT_AT);
    if (before === undefined) this.setSlot(slot, next);
    else {
      putLocation(before.bytes, NEXT_AT, next);
      this.writeGroup(before);
    }
    this.blocks.giveSlot(group.location);
  }

  private slotLocation(slot: number): Location {
    return getLocation(this.blocks.read(TABLE_AT + 4 * slot, 4), 0);
  }

  private setSlot(slot: number, location: Location): void {
    const bytes = new Uint8Array(4);
    putLocation(bytes, 0, location);
    this.blocks.write(TABLE_AT + 4 * slot, bytes);
  }

  private chain(first: Location): Group[] {
    const groups: Group[] = [];
    for (let at = first; at.kind !== 0; ) {
      if (at.kind !== LINK_BLOCK || at.slot >= GROUPS_PER_BLOCK || groups.length >= CHAIN_MAX) {
        throw new FormatError('a chain of links in the directory leads nowhere');
      }
      const group = { location: at, bytes: this.blocks.read(groupOffset(at), GROUP_BYTES) };
      groups.push(group);
      at = getLocation(group.bytes, NEXT_AT);
    }
    return groups;
  }

  private freshGroup(slot: number, next: Location): Group {
    const location = this.blocks.takeSlot(LINK_BLOCK, GROUPS_PER_BLOCK);
    const bytes = new Uint8Array(GROUP_BYTES);
    putU16(bytes, 0, slot);
    bytes[2] = LINKS;
    bytes[FREE_AT] = LINKS;
    putLocation(bytes, NEXT_AT, next);
    return { location, bytes };
  }

  private putLink(group: Group, record: Location, link: number): void {
    const index = linksOf(group).findIndex(({ kind }) => kind === 0);
    if (index < 0) throw new FormatError('a group of links counts free ones it does not have');
    putLocation(group.bytes, LINKS_AT + index * LINK_BYTES, record);
    putU16(group.bytes, LINKS_AT + index * LINK_BYTES + 4, link);
    group.bytes[FREE_AT] -= 1;
    this.writeGroup(group);
  }

  private writeGroup(group: Group): void {
    group.bytes[NEXT_FREE_AT] = Math.max(
      0,
      linksOf(group).findIndex(({ kind }) => kind === 0),
    );
    this.blocks.write(groupOffset(group.location), group.bytes);
  }
}

function linksOf(group: Group): Location[] {
  return Array.from({ length: LINKS }, (_, index) =>
    getLocation(group.bytes, LINKS_AT + index * LINK_BYTES),
  );
}

function groupOffset({ block, slot }: Location): number {
  return blockOffset(block) + BLOCK_HEADER_BYTES + slot * GROUP_BYTES;
}

/** The link hash inside a record. */
function recordHashAt(record: Location): number {
  return recordOffset(record) + 0x0e;
}

function notInTable(): FormatError {
  return new FormatError('the name is not in the hash table of its directory');
}
