import { FormatError } from '../../core/errors.js';
import { getU32, putU32 } from '../vmfs/bytes.js';
import { GrainExtent, NO_GRAIN } from './grain-extent.js';
import { type FileMedium, SECTOR } from './medium.js';
import { Pages } from './pages.js';

/** vmfsSparse, the redo log of a snapshot (reference `vmdk-formats.md`, section 9). */

/** The bytes "COWD". */
export const COWD_MAGIC = 0x44574f43;
/** Grains of a table. */
export const COWD_GTES = 4096;
export const COWD_HEADER_SECTORS = 4;
/** What every extent has (reference, section 9). */
export const COWD_FLAGS = 3;
/** Where the header says how far the file is in use, and that a program writes to it. */
export const NEXT_AT = 28;
export const UNCLEAN_AT = 1648;
const HEADER_BYTES = COWD_HEADER_SECTORS * SECTOR;
/** Largest grain taken: 1 MiB; ESXi writes one sector. */
const GRAIN_MAX = 2048;

export interface CowdHeader {
  readonly flags: number;
  readonly capacity: number;
  readonly grain: number;
  readonly directoryAt: number;
  readonly tables: number;
  /** Sector behind everything that is in use. */
  readonly next: number;
  readonly unclean: boolean;
}

/** @throws FormatError for what is no header, or one of an extent that cannot be read */
export function readCowdHeader(medium: FileMedium): CowdHeader {
  const wrong = (what: string): FormatError => new FormatError(`${medium.name}: ${what}`);
  if (medium.bytes < HEADER_BYTES) throw wrong('shorter than a header');
  const bytes = new Uint8Array(HEADER_BYTES);
  medium.read(0, bytes);
  if (getU32(bytes, 0) !== COWD_MAGIC) throw wrong('expected a redo log (COWD)');
  const version = getU32(bytes, 4);
  if (version !== 1) throw wrong(`header version ${version}, known is 1`);
  const capacity = getU32(bytes, 12);
  const grain = getU32(bytes, 16);
  if (grain === 0 || grain > GRAIN_MAX || (grain & (grain - 1)) !== 0) {
    throw wrong(`grains of ${grain} sectors; expected a power of two up to ${GRAIN_MAX}`);
  }
  const tables = getU32(bytes, 24);
  const needed = Math.ceil(Math.ceil(capacity / grain) / COWD_GTES);
  if (tables < needed) throw wrong(`a directory of ${tables} tables, the disk needs ${needed}`);
  const directoryAt = getU32(bytes, 20);
  if (directoryAt * SECTOR + needed * 4 > medium.bytes) {
    throw wrong('the grain directory is beyond the end of the file');
  }
  const unclean = getU32(bytes, 1648) !== 0;
  const flags = getU32(bytes, 8);
  return { flags, capacity, grain, directoryAt, tables, next: getU32(bytes, 28), unclean };
}

export function encodeCowdHeader(header: Omit<CowdHeader, 'flags'>): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  putU32(bytes, 0, COWD_MAGIC);
  putU32(bytes, 4, 1);
  putU32(bytes, 8, COWD_FLAGS);
  putU32(bytes, 12, header.capacity);
  putU32(bytes, 16, header.grain);
  putU32(bytes, 20, header.directoryAt);
  putU32(bytes, 24, header.tables);
  putU32(bytes, 28, header.next);
  putU32(bytes, 1648, header.unclean ? 1 : 0);
  return bytes;
}

/** Changes a header to one of an extent that nobody writes to. @param next sector behind all in use */
export function closeCowd(header: Uint8Array, next: number): void {
  putU32(header, NEXT_AT, next);
  putU32(header, UNCLEAN_AT, 0);
}

export class CowdExtent extends GrainExtent {
  protected readonly directory: Pages;
  protected readonly entries: Pages;

  constructor(
    medium: FileMedium,
    readonly header: CowdHeader,
  ) {
    super(medium, header.capacity, header.grain, COWD_GTES);
    this.directory = new Pages(medium);
    this.entries = new Pages(medium);
  }

  override table(index: number): number {
    return this.directory.u32(this.header.directoryAt * SECTOR + index * 4) * SECTOR;
  }

  override blank(table: number): boolean {
    return this.entries.isZero(table, COWD_GTES * 4);
  }

  override entry(table: number, index: number): number {
    const entry = this.entries.u32(table + index * 4);
    return entry === 0 ? NO_GRAIN : entry;
  }
}
