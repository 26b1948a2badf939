import { type Io, OP_NAMES, READ, UNMAP, WRITE, ZERO } from '../../core/io.js';
import type { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import { CHECK, SENSE_LBA_OUT_OF_RANGE } from '../../core/status.js';
import { Splitter } from '../splitter.js';

/** First block of the partition a VMFS extent lives in: 1 MiB, as the installer aligns it. */
export const PARTITION_START = 2048;

/** Disk.DiskMaxIOSize: 32767 KB. */
const DISK_MAX_IO_BLOCKS = 32767 * 2;

export interface DiskDriverOptions {
  readonly host: string;
  readonly uid: string;
  /** Size of the whole device, in blocks. */
  readonly capacityBlocks: number;
  /** First block of the partition; rows are addressed from there. */
  readonly partitionStart?: number;
  /** Longest read or write the device is given, in blocks. */
  readonly maxBlocks?: number;
  /** What the device takes in one UNMAP and one WRITE SAME (its page B0h); 0 or none is any length. */
  readonly unmapBlocks?: number;
  readonly zeroBlocks?: number;
}

/** The disk driver: addresses within a partition become addresses on the device. */
export class DiskDriver extends Splitter {
  private readonly partitionStart: number;
  private partitionBlocks: number;
  /** By operation: the longest command; 0 is any length. */
  private readonly longest: Int32Array;
  private readonly op: Uint8Array;
  private readonly lba: Float64Array;
  private readonly blocks: Int32Array;

  constructor(
    sim: Sim,
    options: DiskDriverOptions,
    private readonly lower: Layer,
  ) {
    super(sim, `${options.host} disk ${options.uid}`);
    this.partitionStart = options.partitionStart ?? PARTITION_START;
    this.partitionBlocks = options.capacityBlocks - this.partitionStart;
    this.longest = new Int32Array(OP_NAMES.length);
    this.longest[READ] = options.maxBlocks ?? DISK_MAX_IO_BLOCKS;
    this.longest[WRITE] = this.longest[READ];
    this.longest[UNMAP] = options.unmapBlocks ?? 0;
    this.longest[ZERO] = options.zeroBlocks ?? 0;
    this.op = sim.requests.op;
    this.lba = sim.requests.lba;
    this.blocks = sim.requests.blocks;
  }

  override submit(io: Io): void {
    const start = this.lba[io];
    const length = this.blocks[io];
    const most = this.longest[this.op[io]];
    if (start + length > this.partitionBlocks) {
      this.answer(io, CHECK, SENSE_LBA_OUT_OF_RANGE, 0);
    } else if (most !== 0 && length > most) {
      this.split(io);
    } else {
      this.lba[io] = start + this.partitionStart;
      this.lower.submit(io);
    }
  }

  /** The host has read another capacity. */
  resize(capacityBlocks: number): void {
    this.partitionBlocks = capacityBlocks - this.partitionStart;
  }

  protected override pieceAt(io: Io, _at: number, most: number): number {
    return Math.min(most, this.longest[this.op[io]]);
  }

  protected override send(piece: Io): void {
    this.lba[piece] += this.partitionStart;
    this.lower.submit(piece);
  }
}
