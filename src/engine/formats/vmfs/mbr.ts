import { getU32, putU32, sameBytes } from './bytes.js';
import { type BlockMedium, MEDIUM_BLOCK_BYTES } from './medium.js';

/** Partition tables of the MBR: four entries, and a chain of tables for logical partitions. */

const ENTRIES_AT = 446;
const ENTRY_BYTES = 16;
const ENTRIES = 4;
const EXTENDED = [0x05, 0x0f, 0x85];
const PROTECTIVE = 0xee;
/** Logical partitions that are looked at: a chain may be a loop. */
const LOGICAL_MAX = 128;
/** Sectors are counted in 32 bits. */
export const MBR_SECTORS_MAX = 0xffffffff;

export interface MbrPartition {
  readonly type: number;
  readonly first: number;
  readonly blocks: number;
  /** Place in the table of sector 0; undefined for a logical partition. */
  readonly index: number | undefined;
}

/** Partitions of sector 0, then logical ones; undefined where the medium has no such table. */
export function readMbr(medium: BlockMedium): MbrPartition[] | undefined {
  const table = readTable(medium, 0);
  if (table === undefined) return undefined;
  const found: MbrPartition[] = [];
  for (let index = 0; index < ENTRIES; index++) {
    const entry = entryAt(table, index, 0);
    if (entry.type !== 0 && entry.type !== PROTECTIVE) found.push({ ...entry, index });
  }
  for (const { type, first } of [...found]) {
    if (EXTENDED.includes(type)) found.push(...readLogical(medium, first));
  }
  return found;
}

/** The first entry of each table is a partition, the second where the next table is. */
function readLogical(medium: BlockMedium, start: number): MbrPartition[] {
  const found: MbrPartition[] = [];
  let at = start;
  while (found.length < LOGICAL_MAX) {
    const table = readTable(medium, at);
    if (table === undefined) break;
    const entry = entryAt(table, 0, at);
    if (entry.type !== 0) found.push({ ...entry, index: undefined });
    const next = entryAt(table, 1, start);
    if (!EXTENDED.includes(next.type) || next.first <= at) break;
    at = next.first;
  }
  return found;
}

function readTable(medium: BlockMedium, lba: number): Uint8Array | undefined {
  if (lba >= medium.blocks) return undefined;
  const sector = new Uint8Array(MEDIUM_BLOCK_BYTES);
  medium.read(lba, 1, sector);
  return sector[510] === 0x55 && sector[511] === 0xaa ? sector : undefined;
}

/** @param base sector its first one is counted from */
function entryAt(table: Uint8Array, index: number, base: number): Omit<MbrPartition, 'index'> {
  const at = ENTRIES_AT + index * ENTRY_BYTES;
  const first = base + getU32(table, at + 8);
  return { type: table[at + 4], first, blocks: getU32(table, at + 12) };
}

/** Changes the number of sectors of a partition in sector 0: one sector, so all of it or nothing. */
export function resizeMbrPartition(medium: BlockMedium, index: number, blocks: number): void {
  changeTable(medium, (table) => {
    const at = ENTRIES_AT + index * ENTRY_BYTES;
    // Cylinder, head and sector cannot say it: what tools write then.
    table.set([0xfe, 0xff, 0xff], at + 5);
    putU32(table, at + 12, blocks);
  });
}

/** Lets the entry that stands for a GPT cover the medium; makes one of all entries where there is none. */
export function protectGpt(medium: BlockMedium, replace: boolean): void {
  changeTable(medium, (table) => {
    let index = [0, 1, 2, 3].find((slot) => entryAt(table, slot, 0).type === PROTECTIVE);
    if (index === undefined && !replace) return;
    index ??= 0;
    const at = ENTRIES_AT + index * ENTRY_BYTES;
    if (replace) {
      table.fill(0, ENTRIES_AT, ENTRIES_AT + ENTRIES * ENTRY_BYTES);
      table.set([0x00, 0x00, 0x02, 0x00, PROTECTIVE, 0xff, 0xff, 0xff], at);
      putU32(table, at + 8, 1);
    }
    putU32(table, at + 12, Math.min(medium.blocks - 1, MBR_SECTORS_MAX));
  });
}

function changeTable(medium: BlockMedium, change: (table: Uint8Array) => void): void {
  const table = readTable(medium, 0);
  if (table === undefined) return;
  const before = table.slice();
  change(table);
  if (sameBytes(before, table)) return;
  medium.write(0, 1, table);
  medium.flush();
}
