import { FormatError } from '../../core/errors.js';
import { encodeUtf8, getU32, getU64, putU32, putU64, sameBytes } from './bytes.js';
import type { VolumeBytes } from './logical-volume.js';
import { SECTOR_BYTES } from './store.js';

/**
 * The redo log of a volume's metadata. A real host keeps one in a file block named by its heartbeat
 * slot; how its records look is not published (reference, section 15), so these are vmtop's own:
 *
 * - sector 0: state, number of sectors, checksum over everything behind it;
 * - then the addresses, 64 of 8 bytes in a sector, and the new sectors in the same order.
 *
 * Sector 0 is written last and alone, which makes the transaction happen or not: one sector is atomic.
 */
const MAGIC = encodeUtf8('vmtop redo log 1');
const STATE_AT = 16;
const COUNT_AT = 20;
const CHECKSUM_AT = 24;
const PER_SECTOR = SECTOR_BYTES / 8;

const IDLE = 1;
const COMMITTED = 2;

export type Sectors = readonly (readonly [sector: number, content: Uint8Array])[];

/** Most sectors of one transaction in a log of a size. */
export function logCapacity(bytes: number): number {
  const sectors = bytes / SECTOR_BYTES - 1;
  return Math.floor((sectors * PER_SECTOR) / (PER_SECTOR + 1)) - 1;
}

/** Sector 0 of a log that holds nothing. */
export function idleLog(): Uint8Array {
  return head(IDLE, 0, 0);
}

/**
 * What stands behind sector 0, and sector 0 itself, to be written after it.
 * @throws FormatError when the log is too small
 */
export function encodeLog(
  sectors: Sectors,
  logBytes: number,
): { readonly head: Uint8Array; readonly body: Uint8Array } {
  const capacity = logCapacity(logBytes);
  if (sectors.length > capacity) {
    throw new FormatError(
      `a transaction of ${sectors.length} sectors, the journal holds ${capacity}`,
    );
  }
  const tableSectors = Math.ceil(sectors.length / PER_SECTOR);
  const body = new Uint8Array((tableSectors + sectors.length) * SECTOR_BYTES);
  sectors.forEach(([sector, content], index) => {
    putU64(body, index * 8, sector);
    body.set(content, (tableSectors + index) * SECTOR_BYTES);
  });
  return { head: head(COMMITTED, sectors.length, checksum(body)), body };
}

/**
 * Bytes behind sector 0 that belong to what was committed but perhaps not written to its place; zero
 * where the log is idle. Undefined where this is no log of vmtop.
 */
export function committedBytes(first: Uint8Array, logBytes: number): number | undefined {
  if (!sameBytes(first.subarray(0, MAGIC.length), MAGIC)) return undefined;
  const count = getU32(first, COUNT_AT);
  if (getU32(first, STATE_AT) !== COMMITTED || count > logCapacity(logBytes)) return 0;
  return (Math.ceil(count / PER_SECTOR) + count) * SECTOR_BYTES;
}

/** The sectors of a committed transaction; none where it was torn. */
export function decodeLog(first: Uint8Array, body: Uint8Array): Sectors {
  if (checksum(body) !== getU32(first, CHECKSUM_AT)) return [];
  const count = getU32(first, COUNT_AT);
  const tableSectors = Math.ceil(count / PER_SECTOR);
  const sectors: [number, Uint8Array][] = [];
  for (let index = 0; index < count; index++) {
    const from = (tableSectors + index) * SECTOR_BYTES;
    sectors.push([getU64(body, index * 8), body.subarray(from, from + SECTOR_BYTES)]);
  }
  return sectors;
}

/** The log of the only user of a volume. */
export class Journal {
  /**
   * @param at volume address of the log
   * @param bytes its size
   */
  constructor(
    private readonly volume: VolumeBytes,
    private readonly at: number,
    private readonly bytes: number,
  ) {}

  /** Makes an empty log of whatever is there. */
  clear(): void {
    this.volume.write(this.at, idleLog());
  }

  log(sectors: Sectors): void {
    const { head: first, body } = encodeLog(sectors, this.bytes);
    this.volume.write(this.at + SECTOR_BYTES, body);
    this.volume.flush();
    this.volume.write(this.at, first);
    this.volume.flush();
  }

  /** What was committed but perhaps not written to its place; undefined where this is no log of vmtop. */
  load(): Sectors | undefined {
    const first = new Uint8Array(SECTOR_BYTES);
    this.volume.read(this.at, first);
    const length = committedBytes(first, this.bytes);
    if (length === undefined || length === 0) return length === 0 ? [] : undefined;
    const body = new Uint8Array(length);
    this.volume.read(this.at + SECTOR_BYTES, body);
    return decodeLog(first, body);
  }
}

/** True for the sector whose write makes a transaction happen. */
export function isCommitRecord(bytes: Uint8Array): boolean {
  return (
    bytes.length === SECTOR_BYTES &&
    sameBytes(bytes.subarray(0, MAGIC.length), MAGIC) &&
    getU32(bytes, STATE_AT) === COMMITTED
  );
}

function head(state: number, count: number, sum: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR_BYTES);
  bytes.set(MAGIC);
  putU32(bytes, STATE_AT, state);
  putU32(bytes, COUNT_AT, count);
  putU32(bytes, CHECKSUM_AT, sum);
  return bytes;
}

/** FNV-1a over 32-bit words: finds the torn write it is here for. */
function checksum(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < bytes.length; at += 4) {
    sum = Math.imul(sum ^ getU32(bytes, at), 0x01000193);
    sum ^= sum >>> 15;
  }
  return sum >>> 0;
}
