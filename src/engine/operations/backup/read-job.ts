import { DATA_BLOCKS, NO_DATA } from '../../core/data-arena.js';
import { BLOCK_BYTES } from '../../core/io.js';
import type { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import { formatStatus } from '../../core/status.js';
import { type Link, Lookup } from '../../stack/vmfiles/chain/link.js';
import type { MoverClient } from '../data-mover.js';
import type { Ended } from '../operation.js';
import type { BackupPoint } from './point.js';
import type { BackupWorld } from './world.js';

/** A read that failed is sent again so often, after a pause (model): paths may come back meanwhile. */
const RETRIES_MAX = 5;
const RETRY_NS = 2e9;
/** A job that is given up does not wait longer for reads that do not come back, for want of a path (model). */
const STOP_NS_MAX = 5e9;

export interface ReadJobParts {
  readonly world: BackupWorld;
  /** The disk, by the way the transport takes. */
  readonly lower: Layer;
  readonly point: BackupPoint;
  /** The files it is read from, leaf first. */
  readonly links: readonly Link[];
  /** What keeps whoever reads from going on: a host or a proxy that is gone. */
  readonly trouble: () => string | undefined;
  readonly readBytes: number;
  readonly parallel: number;
}

interface Piece {
  lba: number;
  blocks: number;
  tries: number;
  /** Its stamps are kept: it is made of whole blocks of 4 KiB that lie in one file each. */
  stamped: boolean;
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
  private hasEnded = false;
  private readonly found = new Lookup();
  private readonly pieces: Piece[];
  private readonly buffers: number[];

  constructor(
    private readonly sim: Sim,
    private readonly parts: ReadJobParts,
    private readonly ended: Ended,
  ) {
    this.beganAt = sim.now;
    this.totalBlocks = parts.point.areaBytes / BLOCK_BYTES;
    this.pieces = Array.from({ length: parts.parallel }, () => ({
      lba: 0,
      blocks: 0,
      tries: 0,
      stamped: false,
    }));
    const stamps = stampsIn(parts.readBytes);
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

  /** Gives up; pieces under way come to their end, or are waited for no longer. */
  stop(problem: string): void {
    this.problem ??= problem;
    this.sim.timers.delay(STOP_NS_MAX, () => this.end());
  }

  private end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.ended(this.problem);
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
      this.measure(piece, bytes / BLOCK_BYTES);
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
    this.giveBack();
    this.end();
  }

  /**
   * How much of the next blocks is read at once. Of 4 KiB that lie in several files, as a redo log
   * takes single sectors, nobody knows a stamp: those are read by themselves, as is the disk's end
   * within 4 KiB.
   */
  private measure(piece: Piece, most: number): void {
    const { found } = this;
    let blocks = 0;
    while (blocks < most) {
      found.find(this.parts.links, piece.lba + blocks, most - blocks);
      const whole = found.length - (found.length % DATA_BLOCKS);
      blocks += whole;
      if (whole < found.length) break;
    }
    piece.stamped = blocks > 0;
    piece.blocks = blocks > 0 ? blocks : Math.min(most, DATA_BLOCKS);
  }

  private send(slot: number, { lba, blocks, stamped }: Piece): void {
    const { world, lower } = this.parts;
    const data = stamped ? this.buffers[slot] : NO_DATA;
    world.read(lower, lba, blocks, data, this, slot);
  }

  private giveBack(): void {
    const { sim, parts } = this;
    for (const data of this.buffers) sim.arena?.release(data, stampsIn(parts.readBytes));
  }

  /** What was read is in the slot's buffer. */
  private keep(slot: number, { lba, blocks, stamped }: Piece): void {
    const { arena } = this.sim;
    if (arena === undefined || !stamped) return;
    const { content } = this.parts.point;
    const first = this.buffers[slot];
    for (let index = 0; index < blocks / DATA_BLOCKS; index++) {
      content.set(lba / DATA_BLOCKS + index, arena.stamps[first + index]);
    }
  }
}

function stampsIn(bytes: number): number {
  return bytes / BLOCK_BYTES / DATA_BLOCKS;
}
