import { DATA_BLOCKS, NO_DATA } from '../../core/data-arena.js';
import { BLOCK_BYTES } from '../../core/io.js';
import type { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import { formatStatus } from '../../core/status.js';
import type { MoverClient } from '../data-mover.js';
import type { Ended } from '../operation.js';
import type { BackupPoint } from './point.js';
import type { BackupWorld } from './world.js';

/** A read that failed is sent again so often, after a pause (model): paths may come back meanwhile. */
const RETRIES_MAX = 5;
const RETRY_NS = 2e9;

export interface ReadJobParts {
  readonly world: BackupWorld;
  /** The disk, by the way the transport takes. */
  readonly lower: Layer;
  readonly point: BackupPoint;
  /** What keeps whoever reads from going on: a host or a proxy that is gone. */
  readonly trouble: () => string | undefined;
  readonly readBytes: number;
  readonly parallel: number;
}

interface Piece {
  lba: number;
  blocks: number;
  tries: number;
}

/** Reads the areas of a backup, several pieces at once; a piece that keeps failing ends it. */
export class ReadJob implements MoverClient {
  doneBlocks = 0;
  retries = 0;
  readonly totalBlocks: number;
  readonly beganAt: number;
  private area = 0;
  private offset = 0;
  private active = 0;
  private problem: string | undefined;
  private readonly pieces: Piece[];
  private readonly buffers: number[];

  constructor(
    private readonly sim: Sim,
    private readonly parts: ReadJobParts,
    private readonly ended: Ended,
  ) {
    this.beganAt = sim.now;
    this.totalBlocks = parts.point.areaBytes / BLOCK_BYTES;
    this.pieces = Array.from({ length: parts.parallel }, () => ({ lba: 0, blocks: 0, tries: 0 }));
    const stamps = parts.readBytes / BLOCK_BYTES / DATA_BLOCKS;
    this.buffers = this.pieces.map(() => sim.arena?.reserve(stamps) ?? NO_DATA);
    sim.timers.delay(0, () => this.start());
  }

  /** 0..1. */
  get progress(): number {
    return this.totalBlocks === 0 ? 1 : this.doneBlocks / this.totalBlocks;
  }

  /** At the pace so far; NaN before anything has been read. */
  get leftNs(): number {
    const { doneBlocks, totalBlocks } = this;
    return ((this.sim.now - this.beganAt) * (totalBlocks - doneBlocks)) / doneBlocks;
  }

  moved(slot: number, status: number, sense: number): void {
    const piece = this.pieces[slot];
    this.problem ??= this.parts.trouble();
    if (status === 0 && this.problem === undefined) {
      this.keep(slot, piece);
      this.doneBlocks += piece.blocks;
      this.next(slot);
      return;
    }
    if (this.problem === undefined && piece.tries++ < RETRIES_MAX) {
      this.retries++;
      this.sim.timers.delay(RETRY_NS, () => this.again(slot, piece));
      return;
    }
    const where = `${(piece.lba * BLOCK_BYTES) / 1024} KiB`;
    this.problem ??= `read at ${where}: ${formatStatus(status, sense)}`;
    this.next(slot);
  }

  /** Gives up; pieces under way come to their end. */
  stop(problem: string): void {
    this.problem ??= problem;
  }

  private again(slot: number, piece: Piece): void {
    if (this.problem === undefined) this.send(slot, piece);
    else this.next(slot);
  }

  private start(): void {
    this.active = this.pieces.length;
    for (let slot = 0; slot < this.pieces.length; slot++) this.next(slot);
  }

  /** The slot's next piece, or its end. */
  private next(slot: number): void {
    const { areas } = this.parts.point;
    const piece = this.pieces[slot];
    if (this.problem === undefined && this.area < areas.length) {
      const { start, length } = areas[this.area];
      const bytes = Math.min(this.parts.readBytes, length - this.offset);
      piece.lba = (start + this.offset) / BLOCK_BYTES;
      piece.blocks = wholeStamps(bytes / BLOCK_BYTES);
      piece.tries = 0;
      this.offset += piece.blocks * BLOCK_BYTES;
      if (this.offset === length) {
        this.area++;
        this.offset = 0;
      }
      this.send(slot, piece);
      return;
    }
    if (--this.active > 0) return;
    if (this.problem === undefined) this.parts.point.readBytes = this.doneBlocks * BLOCK_BYTES;
    this.ended(this.problem);
  }

  private send(slot: number, { lba, blocks }: Piece): void {
    const { world, lower } = this.parts;
    const data = blocks % DATA_BLOCKS === 0 ? this.buffers[slot] : NO_DATA;
    world.read(lower, lba, blocks, data, this, slot);
  }

  /** What was read is in the slot's buffer. */
  private keep(slot: number, { lba, blocks }: Piece): void {
    const { arena } = this.sim;
    if (arena === undefined || blocks % DATA_BLOCKS !== 0) return;
    const { content } = this.parts.point;
    const first = this.buffers[slot];
    for (let index = 0; index < blocks / DATA_BLOCKS; index++) {
      content.set(lba / DATA_BLOCKS + index, arena.stamps[first + index]);
    }
  }
}

/** A disk's end may lie within 4 KiB, which no stamp covers: that rest is read on its own. */
function wholeStamps(blocks: number): number {
  return blocks < DATA_BLOCKS ? blocks : blocks - (blocks % DATA_BLOCKS);
}
