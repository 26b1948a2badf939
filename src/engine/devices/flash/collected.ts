import { BLOCK_BYTES, READ } from '../../core/io.js';
import type { FlashValues } from '../flash.js';
import type { DeviceSite, DiskModel } from '../model.js';
import { type CollectionValues, STEADY } from './settings.js';
import { Translation } from './translation.js';

/** Blocks of a page: 4 KiB. */
const PAGE_BLOCKS = 8;
/** Pages garbage collection moves before it lets others have the die (model). */
const MOVES = 8;

/**
 * Flash whose garbage collection is seen: writes end in the buffer while there is room, which dies
 * empty by programming, page after page in turn. Collection moves as many pages as greedy choice of
 * blocks makes necessary, a few at a time, and erases. A read of a die that programs waits for it.
 * Left out: suspended programs, wear, reads of pages still in the buffer, trimmed blocks.
 */
export class CollectedFlash implements DiskModel {
  readonly channels: number;
  readonly translation: Translation;
  private readonly diesUntil: Float64Array;
  private readonly pageNs: number;
  private readonly moveNs: number;
  private readonly bufferNs: number;
  private readonly readBlockNs: number;
  private readonly writeBlockNs: number;
  private readsUntil = 0;
  private writesUntil = 0;
  private nextDie = 0;
  /** When all dies would be done if they shared their work evenly. */
  private workUntil = 0;
  /** Pages that collection has still to move, and blocks it has to erase. */
  private moves = 0;
  private erases = 0;

  constructor(
    private readonly site: DeviceSite,
    private readonly values: FlashValues & CollectionValues,
  ) {
    const { dies, planes, pageProgram, buffer, blockPages, overProvisioning } = values;
    this.channels = values.channels;
    this.diesUntil = new Float64Array(dies);
    this.pageNs = pageProgram / planes;
    this.moveNs = values.read + this.pageNs;
    this.bufferNs = ((buffer / (PAGE_BLOCKS * BLOCK_BYTES)) * this.pageNs) / dies;
    this.readBlockNs = (BLOCK_BYTES * 1e9) / values.readRate;
    this.writeBlockNs = (BLOCK_BYTES * 1e9) / values.writeRate;
    const pages = Math.max(1, Math.floor(site.capacityBlocks / PAGE_BLOCKS));
    this.translation = new Translation(pages, blockPages, overProvisioning);
    if (values.start === STEADY) this.translation.wear(site.stream);
  }

  serviceNs(op: number, lba: number, blocks: number, now: number): number {
    const first = Math.floor(lba / PAGE_BLOCKS);
    const count = Math.ceil((lba + blocks) / PAGE_BLOCKS) - first;
    const vary = 1 + this.values.spread * (2 * this.site.stream.unit() - 1);
    const ns = op === READ ? this.read(first, count, now) : this.write(first, count, now);
    const own = (op === READ ? this.values.read : this.values.write) * vary;
    return Math.round(
      Math.max(own + ns + this.transferNs(op, blocks), this.linkNs(op, blocks, now)),
    );
  }

  /** How long the busiest of the dies concerned keeps a read waiting. */
  private read(first: number, count: number, now: number): number {
    const { diesUntil } = this;
    const end = first + Math.min(count, diesUntil.length);
    let until = now;
    for (let page = first; page < end; page++) {
      until = Math.max(until, diesUntil[page % diesUntil.length]);
    }
    return until - now;
  }

  /** How long a write waits for room in the buffer. */
  private write(first: number, count: number, now: number): number {
    const { translation, values } = this;
    translation.write(first, count);
    for (let left = count; left > 0; left--) {
      this.occupy(this.pageNs, now);
      this.moves += translation.amplification - 1;
      this.erases += translation.amplification / values.blockPages;
      if (this.moves >= MOVES) {
        this.moves -= MOVES;
        this.occupy(MOVES * this.moveNs, now);
      }
      if (this.erases >= 1) {
        this.erases--;
        this.occupy(values.erase, now);
      }
    }
    return Math.max(0, this.workUntil - now - this.bufferNs);
  }

  /** The next die in turn is busy so much longer. */
  private occupy(ns: number, now: number): void {
    const { diesUntil } = this;
    const die = this.nextDie;
    this.nextDie = (die + 1) % diesUntil.length;
    diesUntil[die] = Math.max(diesUntil[die], now) + ns;
    this.workUntil = Math.max(this.workUntil, now) + ns / diesUntil.length;
  }

  private transferNs(op: number, blocks: number): number {
    return blocks * (op === READ ? this.readBlockNs : this.writeBlockNs);
  }

  /** Until the interface, which serves one after the other in each direction, has moved the data. */
  private linkNs(op: number, blocks: number, now: number): number {
    const transfer = this.transferNs(op, blocks);
    if (op === READ) {
      this.readsUntil = Math.max(this.readsUntil, now) + transfer;
      return this.readsUntil - now;
    }
    this.writesUntil = Math.max(this.writesUntil, now) + transfer;
    return this.writesUntil - now;
  }
}
