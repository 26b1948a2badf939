import { FormatError } from '../../core/errors.js';
import { getU16, getU32, getU64, putU16, putU32, putU64 } from '../vmfs/bytes.js';
import { type FileMedium, SECTOR } from './medium.js';

/** Header of a hosted sparse extent, sector 0 (reference `vmdk-formats.md`, section 7.1). */

export const HOSTED_MAGIC = 0x564d444b;
export const FLAG_NEWLINE = 1;
export const FLAG_REDUNDANT = 2;
export const FLAG_ZERO_GRAINS = 4;
export const FLAG_COMPRESSED = 0x10000;
export const FLAG_MARKERS = 0x20000;
/** Directory offset that says: the footer has it. */
export const IN_FOOTER = -1;
/** Grains of a table, in every hosted sparse extent. */
export const GTES = 512;
/** Largest grain taken: 1 MiB; every product writes 64 KiB. Bounds what one grain costs in memory. */
const GRAIN_MAX = 2048;
/** Sectors for an embedded descriptor: 1 MiB; products use 20. */
const DESCRIPTOR_MAX = 2048;

export interface HostedHeader {
  readonly version: number;
  readonly flags: number;
  readonly capacity: number;
  readonly grain: number;
  readonly descriptorAt: number;
  readonly descriptorSectors: number;
  /** 0: none. */
  readonly redundantAt: number;
  /** Sector, or IN_FOOTER. */
  readonly directoryAt: number;
  readonly overhead: number;
  readonly unclean: boolean;
  readonly newlines: boolean;
  readonly compressed: boolean;
}

export function isHosted(head: Uint8Array): boolean {
  return head.length >= SECTOR && getU32(head, 0) === HOSTED_MAGIC;
}

/** @throws FormatError for what is no header, or one of an extent that cannot be read */
export function decodeHostedHeader(bytes: Uint8Array, place: string): HostedHeader {
  const wrong = (what: string): FormatError => new FormatError(`${place}: ${what}`);
  if (!isHosted(bytes)) throw wrong('expected a sparse extent (KDMV), found something else');
  const version = getU32(bytes, 4);
  const flags = getU32(bytes, 8);
  const capacity = getU64(bytes, 12);
  const grain = getU64(bytes, 20);
  const gtes = getU32(bytes, 44);
  if (version < 1 || version > 3) throw wrong(`header version ${version}, known are 1 to 3`);
  const unknown = (flags & 0xfffc0000) >>> 0;
  if (unknown !== 0) throw wrong(`the header asks for features not known: ${unknown.toString(16)}`);
  if (grain < 8 || grain > GRAIN_MAX || (grain & (grain - 1)) !== 0) {
    throw wrong(`grains of ${grain} sectors; expected a power of two from 8 to ${GRAIN_MAX}`);
  }
  if (gtes !== GTES) throw wrong(`grain tables of ${gtes} entries, expected ${GTES}`);
  const compressed = (flags & FLAG_COMPRESSED) !== 0;
  const compression = getU16(bytes, 77);
  if (compressed && compression !== 1) throw wrong(`compression ${compression}, known is 1`);
  if (compressed && (flags & FLAG_MARKERS) === 0) {
    throw wrong('compressed grains without markers; known are those with markers');
  }
  const descriptorSectors = getU64(bytes, 36);
  if (descriptorSectors > DESCRIPTOR_MAX) {
    throw wrong(`an embedded descriptor of ${descriptorSectors} sectors`);
  }
  return {
    version,
    flags,
    capacity,
    grain,
    descriptorAt: getU64(bytes, 28),
    descriptorSectors,
    redundantAt: (flags & FLAG_REDUNDANT) === 0 ? 0 : getU64(bytes, 48),
    directoryAt: hasFooter(bytes) ? IN_FOOTER : getU64(bytes, 56),
    overhead: getU64(bytes, 64),
    unclean: bytes[72] !== 0,
    newlines: bytes[73] === 10 && bytes[74] === 32 && bytes[75] === 13 && bytes[76] === 10,
    compressed,
  };
}

export function encodeHostedHeader(header: HostedHeader): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  putU32(bytes, 0, HOSTED_MAGIC);
  putU32(bytes, 4, header.version);
  putU32(bytes, 8, header.flags);
  putU64(bytes, 12, header.capacity);
  putU64(bytes, 20, header.grain);
  putU64(bytes, 28, header.descriptorAt);
  putU64(bytes, 36, header.descriptorSectors);
  putU32(bytes, 44, GTES);
  putU64(bytes, 48, header.redundantAt);
  if (header.directoryAt === IN_FOOTER) bytes.fill(0xff, 56, 64);
  else putU64(bytes, 56, header.directoryAt);
  putU64(bytes, 64, header.overhead);
  bytes[72] = header.unclean ? 1 : 0;
  bytes.set([10, 32, 13, 10], 73);
  putU16(bytes, 77, header.compressed ? 1 : 0);
  return bytes;
}

/** True for a stream that says in its footer where its tables are. @param first its first sector */
export function hasFooter(first: Uint8Array): boolean {
  return getU32(first, 56) === 0xffffffff && getU32(first, 60) === 0xffffffff;
}

/** The header, or the footer at the end of a stream where the header points there. */
export function readHostedHeader(medium: FileMedium): HostedHeader {
  const bytes = new Uint8Array(SECTOR);
  if (medium.bytes < SECTOR) throw new FormatError(`${medium.name}: shorter than a header`);
  medium.read(0, bytes);
  const header = decodeHostedHeader(bytes, medium.name);
  if (header.directoryAt !== IN_FOOTER) return header;
  const at = footerAt(medium);
  medium.read(at, bytes);
  const footer = decodeHostedHeader(bytes, `${medium.name}, footer`);
  if (footer.directoryAt === IN_FOOTER) throw new FormatError(`${medium.name}: an empty footer`);
  const same = ['capacity', 'grain', 'compressed'] as const;
  if (same.some((field) => footer[field] !== header[field])) {
    throw new FormatError(`${medium.name}: header and footer contradict each other`);
  }
  return footer;
}

/** Type of the marker in front of a footer. */
const MARKER_FOOTER = 3;

/** Byte offset of the footer: in front of the end-of-stream marker, which may have been cut off. */
function footerAt(medium: FileMedium): number {
  const marker = new Uint8Array(SECTOR);
  const end = Math.floor(medium.bytes / SECTOR) * SECTOR;
  for (const back of [3, 2]) {
    const at = end - back * SECTOR;
    if (at <= 0) continue;
    medium.read(at, marker);
    if (getU32(marker, 8) === 0 && getU32(marker, 12) === MARKER_FOOTER) return at + SECTOR;
  }
  throw new FormatError(`${medium.name}: the footer is missing: the stream is cut short`);
}
