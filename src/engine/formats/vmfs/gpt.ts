import { getU32, getU64Saturated, isZero, putU32, putU64, sameBytes } from './bytes.js';
import { type BlockMedium, MEDIUM_BLOCK_BYTES } from './medium.js';

/** GUID partition tables (UEFI specification, chapter "GUID Partition Table Disk Layout"). */

const SIGNATURE = Uint8Array.of(0x45, 0x46, 0x49, 0x20, 0x50, 0x41, 0x52, 0x54);
const HEADER_LBA = 1;
const HEADER_BYTES = 92;
const HEADER_SUM_AT = 16;
const OWN_LBA_AT = 24;
const OTHER_LBA_AT = 32;
const FIRST_USABLE_AT = 40;
const LAST_USABLE_AT = 48;
const DISK_GUID_AT = 56;
const TABLE_LBA_AT = 72;
const COUNT_AT = 80;
const ENTRY_BYTES_AT = 84;
const TABLE_SUM_AT = 88;
/** Bytes of a table that are read at most; that of every known tool has 16 KiB. */
const TABLE_BYTES_MAX = 1 << 20;
const NEW_ENTRIES = 128;
const NEW_ENTRY_BYTES = 128;
/** Sectors of a new table and of its header. */
const NEW_TABLE_SECTORS = (NEW_ENTRIES * NEW_ENTRY_BYTES) / MEDIUM_BLOCK_BYTES;

export interface GptPartition {
  /** Place in the table, from 0. */
  readonly index: number;
  /** 16 bytes as they stand on disk. */
  readonly type: Uint8Array;
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

export interface Gpt {
  /** First sector of the table's header. */
  readonly header: Uint8Array;
  readonly table: Uint8Array;
  readonly partitions: readonly GptPartition[];
  /** What is wrong with it, in words; one with wrong sums or that is not where it should be is still read. */
  readonly problems: readonly string[];
  /** True where both sums of one of the two copies are right. */
  readonly sound: boolean;
}

/** The table of a medium: the one in front, else the copy at its end; undefined where there is none. */
export function readGpt(medium: BlockMedium): Gpt | undefined {
  const front = readCopy(medium, HEADER_LBA);
  const copyAt = front?.sound ? getU64Saturated(front.header, OTHER_LBA_AT) : medium.blocks - 1;
  const copy = readCopy(medium, copyAt);
  if (front?.sound) {
    const lost = `its copy in sector ${copyAt} is damaged or missing: the image may be cut short`;
    return copy?.sound ? front : { ...front, problems: [lost] };
  }
  if (copy?.sound) {
    const what = 'the table in front is damaged, the copy at the end of the medium was taken';
    return { ...copy, problems: [what] };
  }
  if (front === undefined) return undefined;
  return { ...front, problems: ['its check sums are wrong, and its copy is damaged or missing'] };
}

function readCopy(medium: BlockMedium, lba: number): Gpt | undefined {
  if (lba < HEADER_LBA || lba >= medium.blocks) return undefined;
  const header = new Uint8Array(MEDIUM_BLOCK_BYTES);
  medium.read(lba, 1, header);
  if (!sameBytes(header.subarray(0, 8), SIGNATURE)) return undefined;
  const entryBytes = getU32(header, ENTRY_BYTES_AT);
  const bytes = getU32(header, COUNT_AT) * entryBytes;
  const at = getU64Saturated(header, TABLE_LBA_AT);
  const sectors = Math.ceil(bytes / MEDIUM_BLOCK_BYTES);
  if (entryBytes < 128 || entryBytes % 8 !== 0 || bytes > TABLE_BYTES_MAX) return undefined;
  if (at + sectors > medium.blocks) return undefined;
  const table = new Uint8Array(sectors * MEDIUM_BLOCK_BYTES);
  medium.read(at, sectors, table);
  const sound =
    headerSum(header) === getU32(header, HEADER_SUM_AT) &&
    crc32(table.subarray(0, bytes)) === getU32(header, TABLE_SUM_AT) &&
    getU64Saturated(header, OWN_LBA_AT) === lba;
  const partitions: GptPartition[] = [];
  for (let index = 0; (index + 1) * entryBytes <= bytes; index++) {
    const entry = table.subarray(index * entryBytes, (index + 1) * entryBytes);
    const type = entry.subarray(0, 16);
    if (isZero(type)) continue;
    const first = getU64Saturated(entry, 32);
    partitions.push({ index, type, first, last: getU64Saturated(entry, 40) });
  }
  return { header, table: table.subarray(0, bytes), partitions, problems: [], sound };
}

function headerSum(header: Uint8Array): number {
  const length = getU32(header, 12);
  if (length < HEADER_BYTES || length > header.length) return -1;
  const bytes = header.slice(0, length);
  putU32(bytes, HEADER_SUM_AT, 0);
  return crc32(bytes);
}

/** Sectors in front of and behind everything that partitions may use. */
export function gptReserve(gpt: Gpt): number {
  return Math.ceil(gpt.table.length / MEDIUM_BLOCK_BYTES) + 1;
}

/**
 * Writes both copies, the second one at the end of the medium as it is now. The one it was read from comes
 * last: whenever this is cut off, one copy is right, the old one or the new one.
 */
export function writeGpt(medium: BlockMedium, { header, table }: Gpt): void {
  const sectors = Math.ceil(table.length / MEDIUM_BLOCK_BYTES);
  const padded = new Uint8Array(sectors * MEDIUM_BLOCK_BYTES);
  padded.set(table);
  const end = medium.blocks - 1;
  const write = (own: number, other: number, tableLba: number): void => {
    medium.write(tableLba, sectors, padded);
    medium.flush();
    const bytes = new Uint8Array(MEDIUM_BLOCK_BYTES);
    bytes.set(header.subarray(0, HEADER_BYTES));
    putU32(bytes, 12, HEADER_BYTES);
    putU64(bytes, OWN_LBA_AT, own);
    putU64(bytes, OTHER_LBA_AT, other);
    putU64(bytes, LAST_USABLE_AT, end - sectors - 1);
    putU64(bytes, TABLE_LBA_AT, tableLba);
    putU32(bytes, TABLE_SUM_AT, crc32(table));
    putU32(bytes, HEADER_SUM_AT, headerSum(bytes));
    medium.write(own, 1, bytes);
    medium.flush();
  };
  if (getU64Saturated(header, OWN_LBA_AT) !== HEADER_LBA) {
    write(HEADER_LBA, end, 2);
    write(end, HEADER_LBA, end - sectors);
    return;
  }
  write(end, HEADER_LBA, end - sectors);
  write(HEADER_LBA, end, getU64Saturated(header, TABLE_LBA_AT));
  // The old copy now lies inside a partition: no tool shall take it for one.
  const old = getU64Saturated(header, OTHER_LBA_AT);
  if (old > HEADER_LBA && old < end - sectors && isHeader(medium, old)) {
    medium.write(old, 1, new Uint8Array(MEDIUM_BLOCK_BYTES));
    medium.flush();
  }
}

function isHeader(medium: BlockMedium, lba: number): boolean {
  const sector = new Uint8Array(MEDIUM_BLOCK_BYTES);
  medium.read(lba, 1, sector);
  return sameBytes(sector.subarray(0, 8), SIGNATURE);
}

/** The table with another last sector of one partition. */
export function withLast(gpt: Gpt, partition: GptPartition, last: number): Gpt {
  const table = gpt.table.slice();
  putU64(table, partition.index * getU32(gpt.header, ENTRY_BYTES_AT) + 40, last);
  return { ...gpt, table };
}

/**
 * A table of one partition, its last sector that of the medium's usable part.
 * @param guids of the disk and of the partition, 16 bytes each
 */
export function newGpt(
  medium: BlockMedium,
  type: Uint8Array,
  first: number,
  guids: readonly [disk: Uint8Array, partition: Uint8Array],
): Gpt {
  const header = new Uint8Array(MEDIUM_BLOCK_BYTES);
  header.set(SIGNATURE);
  // Revision 1.0.
  putU32(header, 8, 0x10000);
  putU64(header, OWN_LBA_AT, HEADER_LBA);
  putU64(header, OTHER_LBA_AT, medium.blocks - 1);
  putU64(header, TABLE_LBA_AT, HEADER_LBA + 1);
  putU64(header, FIRST_USABLE_AT, NEW_TABLE_SECTORS + 2);
  header.set(guids[0], DISK_GUID_AT);
  putU32(header, COUNT_AT, NEW_ENTRIES);
  putU32(header, ENTRY_BYTES_AT, NEW_ENTRY_BYTES);
  const table = new Uint8Array(NEW_ENTRIES * NEW_ENTRY_BYTES);
  const last = medium.blocks - NEW_TABLE_SECTORS - 2;
  table.set(type);
  table.set(guids[1], 16);
  putU64(table, 32, first);
  putU64(table, 40, last);
  const partitions = [{ index: 0, type, first, last }];
  return { header, table, partitions, problems: [], sound: true };
}

/** CRC-32 as in UEFI, zip and Ethernet: polynomial 04C11DB7, reflected. */
function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) {
    sum ^= bytes[at];
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
  }
  return (sum ^ 0xffffffff) >>> 0;
}
