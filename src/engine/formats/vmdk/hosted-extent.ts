import { FormatError } from '../../core/errors.js';
import { getU32, getU64 } from '../vmfs/bytes.js';
import { GrainExtent, NO_GRAIN, ZERO_GRAIN } from './grain-extent.js';
import { FLAG_ZERO_GRAINS, GTES, type HostedHeader, readHostedHeader } from './hosted-header.js';
import { type Codec, type FileMedium, SECTOR } from './medium.js';
import { Pages } from './pages.js';

/** Bytes in front of a compressed grain: its address and length. */
const GRAIN_MARKER = 12;

/** Hosted sparse extent with plain grains: monolithicSparse, twoGbMaxExtentSparse. */
export class HostedExtent extends GrainExtent {
  protected readonly directory: Pages;
  protected readonly entries: Pages;
  private readonly copies: Pages;
  private readonly zeroGrains: boolean;
  /** The table asked for last: its copies are compared once. */
  private lastIndex = -1;
  private lastTable = 0;
  /** The other copy of it where the two differ, else 0. */
  private otherTable = 0;

  constructor(
    medium: FileMedium,
    readonly header: HostedHeader,
  ) {
    super(medium, header.capacity, header.grain, GTES);
    this.directory = new Pages(medium);
    this.entries = new Pages(medium);
    this.copies = new Pages(medium);
    this.zeroGrains = (header.flags & FLAG_ZERO_GRAINS) !== 0;
    if (header.directoryAt * SECTOR + this.tables * 4 > medium.bytes) {
      throw new FormatError(`${medium.name}: the grain directory is beyond the end of the file`);
    }
  }

  /** The table of the directory or, where that names none, of the redundant one. */
  override table(index: number): number {
    if (index !== this.lastIndex) {
      this.lastTable = this.choose(index);
      this.lastIndex = index;
    }
    return this.lastTable;
  }

  private choose(index: number): number {
    this.otherTable = 0;
    const first = this.directory.u32(this.header.directoryAt * SECTOR + index * 4) * SECTOR;
    const at = this.header.redundantAt * SECTOR + index * 4;
    if (this.header.redundantAt === 0 || at + 4 > this.medium.bytes) return first;
    const second = this.directory.u32(at) * SECTOR;
    if (!this.isTable(second)) return first;
    if (!this.isTable(first)) return second;
    if (!this.isSame(first, second)) this.otherTable = second;
    return first;
  }

  private isTable(at: number): boolean {
    return at > 0 && at + GTES * 4 <= this.medium.bytes;
  }

  private isSame(one: number, other: number): boolean {
    if (one === other) return true;
    const length = GTES * 4;
    if (this.entries.isZero(one, length) && this.copies.isZero(other, length)) return true;
    for (let at = 0; at < length; at += 4) {
      if (this.entries.u32(one + at) !== this.copies.u32(other + at)) return false;
    }
    return true;
  }

  override blank(table: number): boolean {
    if (this.otherTable !== 0 && table === this.lastTable) return false;
    return this.entries.isZero(table, GTES * 4);
  }

  override entry(table: number, index: number): number {
    const at = index * 4;
    let entry = this.entries.u32(table + at);
    if (this.otherTable !== 0 && table === this.lastTable) entry = this.merged(entry, at);
    if (entry === 0) return NO_GRAIN;
    return entry === 1 && this.zeroGrains ? ZERO_GRAIN : entry;
  }

  /**
   * What two copies of a table say together: a grain that one of them has lost is the other's.
   * @throws FormatError when each names another grain, and either may be right
   */
  private merged(entry: number, at: number): number {
    const other = this.copies.u32(this.otherTable + at);
    if (entry === other || !this.isPlace(other)) return entry;
    if (!this.isPlace(entry)) return other;
    const grain = this.lastIndex * GTES + at / 4;
    throw new FormatError(
      `${this.medium.name}: the two copies of a table place grain ${grain} at sector ${entry} and at ${other}`,
    );
  }

  /** True where a grain may be; false for none, inside the tables, beyond the end of the file. */
  private isPlace(entry: number): boolean {
    if (entry <= 1) return entry === 1 && this.zeroGrains;
    const { overhead, compressed } = this.header;
    if (entry * SECTOR >= this.medium.bytes) return false;
    // An overhead that cannot be is no measure.
    if (overhead * SECTOR > this.medium.bytes) return true;
    return entry >= overhead && (compressed || (entry - overhead) % this.grain === 0);
  }
}

/** Hosted sparse extent with compressed grains: streamOptimized. */
export class StreamExtent extends HostedExtent {
  private cached = -1;
  private grainBytes: Uint8Array = new Uint8Array(0);

  constructor(
    medium: FileMedium,
    header: HostedHeader,
    private readonly codec: Codec,
  ) {
    super(medium, header);
  }

  /** A compressed grain takes a sector at least. */
  override get sectorsMax(): number {
    return Math.ceil(this.medium.bytes / SECTOR) * this.grain;
  }

  override read(sector: number, count: number, into: Uint8Array, at: number): void {
    for (let done = 0; done < count; ) {
      const grain = Math.floor((sector + done) / this.grain);
      const inside = (sector + done) % this.grain;
      const length = Math.min(this.grain - inside, count - done);
      const bytes = this.unpack(grain);
      const part = bytes.subarray(inside * SECTOR, (inside + length) * SECTOR);
      if (part.length < length * SECTOR) {
        throw new FormatError(`${this.medium.name}: grain ${grain} is short of data`);
      }
      into.set(part, at + done * SECTOR);
      done += length;
    }
  }

  private unpack(grain: number): Uint8Array {
    if (this.cached !== grain) {
      this.cached = -1;
      const at = this.locate(grain);
      this.grainBytes = readPacked(this.medium, at, grain, this.grain, this.codec).bytes;
      this.cached = grain;
    }
    return this.grainBytes;
  }
}

/** Content of a compressed grain, and the bytes behind it that its marker counts too. */
interface Unpacked {
  readonly bytes: Uint8Array;
  readonly spare: number;
}

/**
 * @param sector where the grain's marker is
 * @throws FormatError when marker or data are damaged, or are of another grain
 */
export function readPacked(
  medium: FileMedium,
  sector: number,
  grain: number,
  grainSectors: number,
  codec: Codec,
): Unpacked {
  const marker = new Uint8Array(GRAIN_MARKER);
  medium.read(sector * SECTOR, marker);
  const place = `${medium.name}, sector ${sector}`;
  const size = getU32(marker, 8);
  const lba = getU64(marker, 0);
  // Deflate adds five bytes per 16 KiB at worst, and zlib six.
  const most = grainSectors * SECTOR * 2;
  if (size === 0 || size > most) {
    throw new FormatError(`${place}: a compressed grain of ${size} bytes`);
  }
  if (lba !== grain * grainSectors) {
    throw new FormatError(
      `${place}: the grain's marker says sector ${lba} of the disk, its table ${grain * grainSectors}`,
    );
  }
  const packed = new Uint8Array(size);
  medium.read(sector * SECTOR + GRAIN_MARKER, packed);
  try {
    const { bytes, used } = codec.inflate(packed, grainSectors * SECTOR);
    return { bytes, spare: size - used };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`${place}: ${error.message}`);
  }
}

/** Opens a hosted sparse extent of either kind. */
export function openHosted(medium: FileMedium, codec: Codec): HostedExtent {
  const header = readHostedHeader(medium);
  return header.compressed
    ? new StreamExtent(medium, header, codec)
    : new HostedExtent(medium, header);
}
