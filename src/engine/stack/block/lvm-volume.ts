import { assert } from '../../core/assert.js';
import type { Io } from '../../core/io.js';
import type { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import { CHECK, SENSE_LBA_OUT_OF_RANGE } from '../../core/status.js';
import { Splitter } from '../splitter.js';
import { PARTITION_START } from './disk-driver.js';

/** Physical extent of LVM: 256 MiB (vmfs-ondisk reference, section 3.2). */
export const PHYSICAL_EXTENT_BLOCKS = 524_288;

/** LVM's own header and tables: data begins 0x1100000 from the start of the device, section 3.2. */
const DATA_START = 0x1100000 / 512;

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
  /** In the order in which they were added; one lower layer for each. */
  readonly extents: readonly LvmExtent[];
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

/** LVM: one or more extents one after the other; addresses in the volume become addresses in one. */
export class LvmVolume extends Splitter {
  /** Volume address at which each extent ends. */
  private readonly ends: Float64Array;
  /** What to add to a volume address inside each extent. */
  private readonly shifts: Float64Array;
  private readonly lba: Float64Array;
  private readonly blocks: Int32Array;

  constructor(
    sim: Sim,
    options: LvmVolumeOptions,
    private readonly lowers: readonly Layer[],
  ) {
    super(sim, `${options.host} volume ${options.datastore}`);
    const { extents } = options;
    assert(extents.length > 0 && extents.length <= EXTENTS_MAX, `${this.name}: 1 to 32 extents`);
    assert(extents.length === lowers.length, `${this.name}: one disk for each extent`);
    this.ends = new Float64Array(extents.length);
    this.shifts = new Float64Array(extents.length);
    let end = 0;
    for (const [index, { startBlock, blocks }] of extents.entries()) {
      this.shifts[index] = startBlock - end;
      end += blocks;
      this.ends[index] = end;
    }
    this.lba = sim.requests.lba;
    this.blocks = sim.requests.blocks;
  }

  override submit(io: Io): void {
    const start = this.lba[io];
    const end = start + this.blocks[io];
    if (end > this.ends[this.ends.length - 1]) {
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
