import { assert } from '../../core/assert.js';
import type { Io } from '../../core/io.js';
import type { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import { CHECK, SENSE_LBA_OUT_OF_RANGE } from '../../core/status.js';
import { NOT_HERE, type Recall, type Recaller, WITHDRAWN } from '../recall.js';
import { Splitter } from '../splitter.js';
import { PARTITION_START } from './disk-driver.js';

/** Physical extent of LVM: 256 MiB (vmfs-ondisk reference, section 3.2). */
export const PHYSICAL_EXTENT_BLOCKS = 524_288;

/** LVM's own header and tables: data begins 0x1100000 from the start of the device, section 3.2. */
export const DATA_START = 0x1100000 / 512;

/** Most extents of a volume. */
export const EXTENTS_MAX = 32;

/** The part of a partition that belongs to a volume. */
export interface LvmExtent {
  /** First block of the data, counted from the start of the partition. */
  readonly startBlock: number;
  /** A whole number of physical extents. */
  readonly blocks: number;
}

export interface LvmVolumeOptions {
  readonly host: string;
  readonly datastore: string;
  /** In the order of the volume's addresses; one lower layer for each. */
  readonly extents: readonly LvmExtent[];
  /** Size of the volume by what is on its devices now, which the host need not know yet. */
  readonly blocksNow?: () => number;
}

/** What LVM makes of one LUN each: whole physical extents; a shorter tail is not used. */
export function extentsOf(lunBlocks: readonly number[]): LvmExtent[] {
  return lunBlocks.map((blocks) => ({
    startBlock: DATA_START - PARTITION_START,
    blocks:
      Math.max(0, Math.floor((blocks - DATA_START) / PHYSICAL_EXTENT_BLOCKS)) *
      PHYSICAL_EXTENT_BLOCKS,
  }));
}

/** Size of a volume made of these extents, in blocks. */
export function volumeBlocks(extents: readonly LvmExtent[]): number {
  return extents.reduce((sum, { blocks }) => sum + blocks, 0);
}

/**
 * LVM: one or more extents one after the other; addresses in the volume become addresses in one. When
 * another host has made the volume larger, the first row beyond what this host knows lets it look (model);
 * such rows wait until `append` or `notFound`.
 */
export class LvmVolume extends Splitter implements Recaller {
  /** Looks at the volume's devices again. */
  onBeyond: (() => void) | undefined;
  /** Volume address at which each extent ends. */
  private ends = new Float64Array(0);
  /** What to add to a volume address inside each extent. */
  private shifts = new Float64Array(0);
  private lowers: readonly Layer[] = [];
  private beyond: Io[] = [];
  private readonly lba: Float64Array;
  private readonly blocks: Int32Array;
  private readonly blocksNow: (() => number) | undefined;

  constructor(sim: Sim, options: LvmVolumeOptions, lowers: readonly Layer[]) {
    super(sim, `${options.host} volume ${options.datastore}`);
    const { extents } = options;
    // An extent that has grown is there more than once.
    const devices = new Set(lowers).size;
    assert(devices > 0 && devices <= EXTENTS_MAX, `${this.name}: 1 to 32 extents`);
    assert(extents.length === lowers.length, `${this.name}: one disk for each extent`);
    for (const [index, extent] of extents.entries()) this.append(extent, lowers[index]);
    this.blocksNow = options.blocksNow;
    this.lba = sim.requests.lba;
    this.blocks = sim.requests.blocks;
  }

  override submit(io: Io): void {
    const start = this.lba[io];
    // Commands without blocks, as RESERVE, are for the extent their address is on.
    const end = start + Math.max(1, this.blocks[io]);
    if (end > this.ends[this.ends.length - 1]) {
      if (end <= (this.blocksNow?.() ?? 0)) {
        if (this.beyond.push(io) === 1) this.onBeyond?.();
        return;
      }
      this.answer(io, CHECK, SENSE_LBA_OUT_OF_RANGE, 0);
      return;
    }
    const extent = this.extentAt(start);
    if (end > this.ends[extent]) {
      this.split(io);
    } else {
      this.lba[io] = start + this.shifts[extent];
      this.lowers[extent].submit(io);
    }
  }

  /** Parts of extents the host knows of. */
  get count(): number {
    return this.ends.length;
  }

  /** The host learns of a further extent, or of more of one. */
  append({ startBlock, blocks }: LvmExtent, lower: Layer): void {
    const end = this.ends.at(-1) ?? 0;
    this.ends = Float64Array.of(...this.ends, end + blocks);
    this.shifts = Float64Array.of(...this.shifts, startBlock - end);
    this.lowers = [...this.lowers, lower];
  }

  /** Gives back a row that waits until the host has looked. */
  recall(io: Io): Recall {
    const at = this.beyond.indexOf(io);
    if (at < 0) return NOT_HERE;
    this.beyond.splice(at, 1);
    return WITHDRAWN;
  }

  /** Rows that waited for what the host has learnt now go on. */
  resume(): void {
    const { beyond } = this;
    this.beyond = [];
    for (const io of beyond) this.submit(io);
  }

  /** The host could not look: rows that waited for it fail with what it met. */
  notFound(status: number, sense: number): void {
    const { beyond } = this;
    this.beyond = [];
    for (const io of beyond) this.answer(io, status, sense, 0);
  }

  protected override pieceAt(_io: Io, at: number, most: number): number {
    return Math.min(most, this.ends[this.extentAt(at)] - at);
  }

  protected override send(piece: Io): void {
    const extent = this.extentAt(this.lba[piece]);
    this.lba[piece] += this.shifts[extent];
    this.lowers[extent].submit(piece);
  }

  private extentAt(address: number): number {
    let extent = 0;
    while (address >= this.ends[extent]) extent++;
    return extent;
  }
}
