import { FormatError } from '../../core/errors.js';
import { encodeUtf8, getU32, getU64, putU32, putU64, sameBytes } from './bytes.js';
import type { LogicalVolume } from './logical-volume.js';
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

type Sectors = readonly (readonly [sector: number, content: Uint8Array])[];

export class Journal {
  /** Most sectors of one transaction. */
  readonly capacity: number;

  /**
   * @param at volume address of the log
   * @param bytes its size
   */
  constructor(
    private readonly volume: LogicalVolume,
    private readonly at: number,
    bytes: number,
  ) {
    const sectors = bytes / SECTOR_BYTES - 1;
    this.capacity = Math.floor((sectors * PER_SECTOR) / (PER_SECTOR + 1)) - 1;
  }

  /** Makes an empty log of whatever is there. */
  clear(): void {
    this.volume.write(this.at, head(IDLE, 0, 0));
  }

  log(sectors: Sectors): void {
    if (sectors.length > this.capacity) {
      throw new FormatError(
        `a transaction of ${sectors.length} sectors, the journal holds ${this.capacity}`,
      );
    }
    const tableSectors = Math.ceil(sectors.length / PER_SECTOR);
    const body = new Uint8Array((tableSectors + sectors.length) * SECTOR_BYTES);
    sectors.forEach(([sector, content], index) => {
      putU64(body, index * 8, sector);
      body.set(content, (tableSectors + index) * SECTOR_BYTES);
    });
    this.volume.write(this.at + SECTOR_BYTES, body);
    this.volume.flush();
    this.volume.write(this.at, head(COMMITTED, sectors.length, checksum(body)));
    this.volume.flush();
  }

  /**
   * The sectors of a transaction that was committed but perhaps not written to its place; none where
   * the log is idle. Undefined where this is no log of vmtop.
   */
  load(): Sectors | undefined {
    const first = new Uint8Array(SECTOR_BYTES);
    this.volume.read(this.at, first);
    if (!sameBytes(first.subarray(0, MAGIC.length), MAGIC)) return undefined;
    const count = getU32(first, COUNT_AT);
    if (getU32(first, STATE_AT) !== COMMITTED || count > this.capacity) return [];
    const tableSectors = Math.ceil(count / PER_SECTOR);
    const body = new Uint8Array((tableSectors + count) * SECTOR_BYTES);
    this.volume.read(this.at + SECTOR_BYTES, body);
    if (checksum(body) !== getU32(first, CHECKSUM_AT)) return [];
    const sectors: [number, Uint8Array][] = [];
    for (let index = 0; index < count; index++) {
      const from = (tableSectors + index) * SECTOR_BYTES;
      sectors.push([getU64(body, index * 8), body.subarray(from, from + SECTOR_BYTES)]);
    }
    return sectors;
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
