import { FormatError } from '../../core/errors.js';
import { getU32, getU64, putU32, putU64 } from '../vmfs/bytes.js';
import { GrainExtent, NO_GRAIN, ZERO_GRAIN } from './grain-extent.js';
import { type FileMedium, SECTOR } from './medium.js';
import { Pages } from './pages.js';

/** seSparse, the space-efficient redo log (reference `vmdk-formats.md`, section 10). */

export const SE_MAGIC = 0xcafebabe;
export const SE_VOLATILE_MAGIC = 0xcafecafe;
export const SE_VERSION_LOW = 1;
export const SE_VERSION_HIGH = 2;
export const SE_GRAIN = 8;
export const SE_TABLE_SECTORS = 64;
/** Grains of a table: 64 sectors of eight bytes each. */
export const SE_GTES = 4096;
/** Upper word of a directory entry that names a table. */
export const SE_TABLE_TAG = 0x10000000;

/** Parts of the file, in the order of their fields; each with offset and size in sectors. */
export const SE_PARTS = [
  'volatileHeader',
  'journalHeader',
  'journal',
  'directory',
  'tables',
  'bitmap',
  'backmap',
  'grains',
] as const;

export type SePart = (typeof SE_PARTS)[number];
export type SeLayout = Readonly<Record<SePart, { readonly at: number; readonly sectors: number }>>;
/** Byte offset of the first part's fields in the header. */
export const SE_PARTS_AT = 80;

export interface SeHeader {
  readonly capacity: number;
  readonly parts: SeLayout;
  /** A journal waits to be replayed: the tables are not to be trusted. */
  readonly dirty: boolean;
}

/** @throws FormatError for what is no header, or one of an extent that cannot be read */
export function readSeHeader(medium: FileMedium): SeHeader {
  const wrong = (what: string): FormatError => new FormatError(`${medium.name}: ${what}`);
  if (medium.bytes < 2 * SECTOR) throw wrong('shorter than a header');
  const bytes = new Uint8Array(SECTOR);
  medium.read(0, bytes);
  if (getU32(bytes, 0) !== SE_MAGIC || getU32(bytes, 4) !== 0) {
    throw wrong('expected a seSparse extent');
  }
  if (getU32(bytes, 8) !== SE_VERSION_LOW || getU32(bytes, 12) !== SE_VERSION_HIGH) {
    throw wrong('a version of seSparse that is not known; known is 2.1');
  }
  const grain = getU64(bytes, 24);
  const table = getU64(bytes, 32);
  if (grain !== SE_GRAIN) throw wrong(`grains of ${grain} sectors, expected ${SE_GRAIN}`);
  if (table !== SE_TABLE_SECTORS) {
    throw wrong(`grain tables of ${table} sectors, expected ${SE_TABLE_SECTORS}`);
  }
  if (getU64(bytes, 40) !== 0) throw wrong('the header asks for features not known');
  const parts = Object.fromEntries(
    SE_PARTS.map((name, index) => {
      const at = SE_PARTS_AT + index * 16;
      return [name, { at: getU64(bytes, at), sectors: getU64(bytes, at + 8) }];
    }),
  ) as SeLayout;
  const capacity = getU64(bytes, 16);
  const tables = Math.ceil(capacity / (SE_GTES * SE_GRAIN));
  const { directory, volatileHeader } = parts;
  if (tables * 8 > directory.sectors * SECTOR) throw wrong('the grain directory is too small');
  if (directory.at * SECTOR + tables * 8 > medium.bytes) {
    throw wrong('the grain directory is beyond the end of the file');
  }
  medium.read(volatileHeader.at * SECTOR, bytes);
  if (getU32(bytes, 0) !== SE_VOLATILE_MAGIC || getU32(bytes, 4) !== 0) {
    throw wrong('the volatile header is damaged');
  }
  const dirty = getU32(bytes, 24) !== 0 || getU32(bytes, 28) !== 0;
  return { capacity, parts, dirty };
}

/** The constant header, one sector. */
export function encodeSeHeader(capacity: number, parts: SeLayout): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  putU32(bytes, 0, SE_MAGIC);
  putU32(bytes, 8, SE_VERSION_LOW);
  putU32(bytes, 12, SE_VERSION_HIGH);
  putU64(bytes, 16, capacity);
  putU64(bytes, 24, SE_GRAIN);
  putU64(bytes, 32, SE_TABLE_SECTORS);
  SE_PARTS.forEach((name, index) => {
    putU64(bytes, SE_PARTS_AT + index * 16, parts[name].at);
    putU64(bytes, SE_PARTS_AT + index * 16 + 8, parts[name].sectors);
  });
  return bytes;
}

/** The volatile header, one sector, with no journal to replay. @param nextTable first free table */
export function encodeSeVolatile(nextTable: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  putU32(bytes, 0, SE_VOLATILE_MAGIC);
  putU64(bytes, 8, nextTable);
  return bytes;
}

export class SeExtent extends GrainExtent {
  protected readonly directory: Pages;
  protected readonly entries: Pages;

  constructor(
    medium: FileMedium,
    readonly header: SeHeader,
  ) {
    super(medium, header.capacity, SE_GRAIN, SE_GTES);
    this.directory = new Pages(medium);
    this.entries = new Pages(medium);
    if (header.dirty) {
      throw new FormatError(
        `${medium.name}: its journal was not replayed; let the host that wrote it open it first`,
      );
    }
  }

  override table(index: number): number {
    const at = this.header.parts.directory.at * SECTOR + index * 8;
    const low = this.directory.u32(at);
    const high = this.directory.u32(at + 4);
    if (low === 0 && high === 0) return 0;
    if (high !== SE_TABLE_TAG) {
      throw new FormatError(`${this.medium.name}: directory entry ${index} is damaged`);
    }
    return (this.header.parts.tables.at + low * SE_TABLE_SECTORS) * SECTOR;
  }

  override blank(table: number): boolean {
    return this.entries.isZero(table, SE_GTES * 8);
  }

  override entry(table: number, index: number): number {
    const low = this.entries.u32(table + index * 8);
    const high = this.entries.u32(table + index * 8 + 4);
    const tag = high >>> 28;
    if (tag === 3) return this.header.parts.grains.at + seGrain(low, high) * SE_GRAIN;
    if (low === 0 && high === 0) return NO_GRAIN;
    if (tag === 1 || tag === 2) return ZERO_GRAIN;
    throw new FormatError(`${this.medium.name}: an entry of the table at ${table} is damaged`);
  }
}

/** Number of a grain: bits 59 to 48 of its entry are the low ones, bits 47 to 0 the high ones. */
export function seGrain(low: number, high: number): number {
  return ((high >>> 16) & 0xfff) + ((high & 0xffff) * 0x100000000 + low) * 4096;
}

/** Upper and lower word of the entry of a grain. */
export function seEntry(grain: number): readonly [low: number, high: number] {
  const top = Math.floor(grain / 4096);
  const high = 0x30000000 + (grain % 4096) * 0x10000 + Math.floor(top / 0x100000000);
  return [top % 0x100000000, high];
}

/**
 * Upper and lower word of a back map's entry: 1 in its first digit, and a grain of the disk as entries of tables
 * name grains of the file. Seen in a disk of ESXi.
 */
export function seOwner(grain: number): readonly [low: number, high: number] {
  const [low, high] = seEntry(grain);
  return [low, high - 0x20000000];
}
