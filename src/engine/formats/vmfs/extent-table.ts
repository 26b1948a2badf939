import { getU32, getU64Saturated } from './bytes.js';
import {
  EXTENTS_PER_REGION,
  extentAt,
  lvmLayout,
  MAPS_PER_REGION,
  mapCount,
} from './extent-places.js';
import {
  type DeviceHeader,
  decodeExtentRecord,
  EXTENT_BYTES,
  EXTENT_RECORD_BYTES,
  EXTENTS_PER_MAP,
  type ExtentRecord,
  LVM_DATA_AT,
  LVM_HEADER_AT,
  LVM_MAGIC,
  type VolumeRecord,
} from './lvm-records.js';
import { type BlockMedium, MEDIUM_BLOCK_BYTES } from './medium.js';

/** A stretch of a volume that lies in one piece on a device; all three in bytes. */
export interface ExtentRun {
  readonly logicalAt: number;
  readonly physicalAt: number;
  readonly bytes: number;
}

/** Where a device has its part of a volume. */
export interface ExtentTable {
  /** In the order of the volume's addresses, joined where they touch. */
  readonly runs: readonly ExtentRun[];
  /** What the records contradict; at most `PROBLEMS_MAX` and how many there were beyond. */
  readonly problems: readonly string[];
}

const PROBLEMS_MAX = 50;
/** What the largest volume there is takes, 64 TiB. */
const REGIONS_MAX = 4;

/** One pair of bitmap and table: where it stands, and how many records it has. */
interface ExtentMap {
  readonly at: number;
  readonly records: number;
}

/**
 * Reads where the physical extents of a volume lie on one of its devices. Records need be in no order, and
 * may leave out parts of the device. What no record explains is taken to lie where LVM puts it on a device
 * it has all to itself, so that a volume with a damaged table can still be read.
 */
export function readExtentTable(
  medium: BlockMedium,
  header: DeviceHeader,
  part: VolumeRecord,
): ExtentTable {
  return new TableReader(medium, header, part).read();
}

/** Who says where a piece is: nobody, a record, or one that says what LVM does on a device of one volume. */
const ASSUMED = 0;
const RECORDED = 1;
const PLAIN = 2;

interface Piece extends ExtentRun {
  /** Grows while neighbours are joined to it. */
  bytes: number;
  readonly rank: typeof ASSUMED | typeof RECORDED | typeof PLAIN;
}

class TableReader {
  private readonly problems: string[] = [];
  private left = 0;
  /** Neighbours joined as they come. */
  private readonly pieces: Piece[] = [];

  constructor(
    private readonly medium: BlockMedium,
    private readonly header: DeviceHeader,
    private readonly part: VolumeRecord,
  ) {}

  read(): ExtentTable {
    let first = 0;
    for (const map of this.maps()) {
      this.readMap(map, first);
      first += map.records;
    }
    const byAddress = this.distinct(this.pieces, ({ logicalAt }) => logicalAt);
    const recorded = this.distinct(byAddress, ({ physicalAt }) => physicalAt);
    const all = [...recorded, ...this.gaps(inOrder(recorded))];
    const runs = joined(this.distinct(all, ({ physicalAt }) => physicalAt));
    if (this.left > 0) this.problems.push(`and ${this.left} more of the kind`);
    return { runs, problems: this.problems };
  }

  private wrong(detail: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(detail);
    else this.left++;
  }

  /** All maps of the device, region by region, as far as there are records. */
  private maps(): ExtentMap[] {
    const { header, medium } = this;
    const { bitmapAt, bitmapBytes, mapStride } = lvmLayout(header.major);
    const maps: ExtentMap[] = [];
    let { records } = header;
    let at = LVM_HEADER_AT;
    let count = header.maps;
    let next = header.nextRegionAt;
    for (let region = 1; records > 0; region++) {
      const here = Math.min(count, MAPS_PER_REGION, mapCount(records));
      for (let map = 0; map < here; map++) {
        const mapAt = at + bitmapAt - LVM_HEADER_AT + map * mapStride;
        const size = Math.min(records, EXTENTS_PER_MAP);
        const bytes = bitmapBytes + size * EXTENT_RECORD_BYTES;
        if (mapAt + bytes > medium.blocks * MEDIUM_BLOCK_BYTES) {
          this.wrong(`extent map ${maps.length} at byte ${mapAt} lies beyond the device`);
          return maps;
        }
        maps.push({ at: mapAt, records: size });
        records -= size;
      }
      if (records === 0 || region === REGIONS_MAX) break;
      const found = this.region(next);
      // One that leads back would be read for ever.
      if (found === undefined || next <= at) break;
      at = next;
      [count, next] = found;
    }
    if (records > 0) this.wrong(`there are ${records} records less than the header counts`);
    return maps;
  }

  /** How many maps a further region has, and where the one after it is. */
  private region(at: number): readonly [maps: number, next: number] | undefined {
    if (at === 0) return undefined;
    const lba = at / MEDIUM_BLOCK_BYTES;
    const bytes = new Uint8Array(MEDIUM_BLOCK_BYTES);
    if (Number.isInteger(lba) && lba < this.medium.blocks) this.medium.read(lba, 1, bytes);
    if (getU32(bytes, 0) !== LVM_MAGIC) {
      this.wrong(`no region of extent maps at byte ${at}, where another one says it is`);
      return undefined;
    }
    return [getU32(bytes, 4), getU64Saturated(bytes, 0x10)];
  }

  private readMap({ at, records }: ExtentMap, first: number): void {
    const { bitmapBytes } = lvmLayout(this.header.major);
    const blocks = Math.ceil((bitmapBytes + records * EXTENT_RECORD_BYTES) / MEDIUM_BLOCK_BYTES);
    const bytes = new Uint8Array(blocks * MEDIUM_BLOCK_BYTES);
    this.medium.read(at / MEDIUM_BLOCK_BYTES, blocks, bytes);
    for (let index = 0; index < records; index++) {
      const from = bitmapBytes + index * EXTENT_RECORD_BYTES;
      const extent = decodeExtentRecord(bytes.subarray(from, from + EXTENT_RECORD_BYTES));
      const marked = ((bytes[index >> 3] >> (index & 7)) & 1) === 1;
      if (marked !== extent.used) {
        const [mark, says] = marked ? ['in use', 'free'] : ['free', 'in use'];
        this.wrong(`extent ${first + index} is marked ${mark}, its record says it is ${says}`);
      }
      if (extent.used && extent.volume === this.part.index) this.take(extent, first + index);
    }
  }

  /** One record of the volume. */
  private take({ id, logicalAt, physicalAt, bytes }: ExtentRecord, number: number): void {
    const { header, part, medium } = this;
    const index = logicalAt / EXTENT_BYTES - part.firstExtent;
    const count = bytes / EXTENT_BYTES;
    // Seen are numbers from 0 (samples), and that of the first extent.
    if (id !== number && id !== index) this.wrong(`record ${number} says it is extent ${id}`);
    const isWhole = Number.isInteger(index) && Number.isInteger(count) && index >= 0 && count > 0;
    const isPlain = isWhole && physicalAt === extentAt(index);
    const isInside =
      physicalAt >= LVM_DATA_AT &&
      physicalAt % MEDIUM_BLOCK_BYTES === 0 &&
      (isPlain || physicalAt + bytes <= medium.blocks * MEDIUM_BLOCK_BYTES);
    if (!isWhole || !isInside || (header.major < 6 && count !== 1)) {
      this.wrong(
        `record ${number}: ${bytes} bytes at ${physicalAt} for ${logicalAt} of the volume`,
      );
      return;
    }
    // A device that grows has its records before the volume has them.
    const room = part.lastExtent + 1 - part.firstExtent - index;
    if (room <= 0) return;
    const rank = isPlain && isInOneRegion(index, count) ? PLAIN : RECORDED;
    const size = Math.min(count, room) * EXTENT_BYTES;
    const last = this.pieces.at(-1);
    const touches =
      last !== undefined &&
      last.rank === rank &&
      last.logicalAt + last.bytes === logicalAt &&
      last.physicalAt + last.bytes === physicalAt;
    if (touches) last.bytes += size;
    else this.pieces.push({ logicalAt, physicalAt, bytes: size, rank });
  }

  /** Without those that claim what a better one has as well, by addresses of the volume or the device. */
  private distinct(pieces: readonly Piece[], start: (piece: Piece) => number): Piece[] {
    const kept: Piece[] = [];
    for (const piece of [...pieces].sort((one, other) => start(one) - start(other))) {
      const before = kept.at(-1);
      if (before === undefined || start(before) + before.bytes <= start(piece)) {
        kept.push(piece);
        continue;
      }
      if (Math.min(before.rank, piece.rank) !== ASSUMED) {
        const { logicalAt, physicalAt } = piece;
        this.wrong(`two records claim ${logicalAt} of the volume or ${physicalAt} of the device`);
      }
      if (piece.rank > before.rank) kept[kept.length - 1] = piece;
    }
    return kept;
  }

  /** What no record explains, where it would be. @param pieces in the order of the volume's addresses */
  private gaps(pieces: readonly Piece[]): Piece[] {
    const { firstExtent, lastExtent } = this.part;
    const found: Piece[] = [];
    const gap = (from: number, to: number): void => {
      if (from === to) return;
      this.wrong(
        `no record for extents ${firstExtent + from} to ${firstExtent + to - 1} of the volume`,
      );
      for (let index = from; index < to; ) {
        const end = Math.min(to, index - (index % EXTENTS_PER_REGION) + EXTENTS_PER_REGION);
        found.push({
          logicalAt: (firstExtent + index) * EXTENT_BYTES,
          physicalAt: extentAt(index),
          bytes: (end - index) * EXTENT_BYTES,
          rank: ASSUMED,
        });
        index = end;
      }
    };
    let next = 0;
    for (const { logicalAt, bytes } of pieces) {
      const index = logicalAt / EXTENT_BYTES - firstExtent;
      gap(next, index);
      next = index + bytes / EXTENT_BYTES;
    }
    gap(next, lastExtent + 1 - firstExtent);
    return found;
  }
}

function isInOneRegion(index: number, count: number): boolean {
  return (index % EXTENTS_PER_REGION) + count <= EXTENTS_PER_REGION;
}

function inOrder(pieces: readonly Piece[]): Piece[] {
  return [...pieces].sort((one, other) => one.logicalAt - other.logicalAt);
}

function joined(pieces: readonly Piece[]): ExtentRun[] {
  const runs: Piece[] = [];
  for (const piece of inOrder(pieces)) {
    const { logicalAt, physicalAt } = piece;
    const last = runs.at(-1);
    const touches =
      last !== undefined &&
      last.logicalAt + last.bytes === logicalAt &&
      last.physicalAt + last.bytes === physicalAt;
    if (touches) last.bytes += piece.bytes;
    else runs.push({ ...piece });
  }
  return runs.map(({ logicalAt, physicalAt, bytes }) => ({ logicalAt, physicalAt, bytes }));
}
