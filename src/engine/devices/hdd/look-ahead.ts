import type { Arm } from './arm.js';
import type { Platters } from './platters.js';
import { NO_SEGMENT, type Segments } from './segments.js';

/** How far a disk reads on after a read. */
export const LOOK_AHEAD = ['segment', 'track', 'none'] as const;
const TRACK = LOOK_AHEAD.indexOf('track');
const NONE = LOOK_AHEAD.indexOf('none');
/** What happens to blocks that have been sent to the host. */
export const REREADS = ['cached', 'dropped'] as const;
const DROPPED = REREADS.indexOf('dropped');

export interface LookAheadValues {
  readonly lookAhead: number;
  readonly rereads: number;
  readonly segmentBlocks: number;
}

/**
 * Reading on after a read, into the read's segment, as long as the arm has nothing else to do:
 * until the segment is full of blocks not asked for yet, or the whole track on which the read ended.
 * What the arm has passed by `now` is worked out when it is asked for; no events.
 */
export class LookAhead {
  /** Segment being filled. */
  private active = NO_SEGMENT;
  /** Blocks before this one are there, the last since `filledAt`; the disk reads on to `limit`. */
  private filled = 0;
  private filledAt = 0;
  private limit = 0;
  private blockNs = 1;
  /** The part of the track before the read comes by from here on. */
  private firstRead = 0;
  private behindAt = 0;

  constructor(
    private readonly arm: Arm,
    private readonly platters: Platters,
    private readonly segments: Segments,
    private readonly values: LookAheadValues,
    private readonly turnNs: number,
  ) {}

  /** Counts what has been read on until now. */
  advance(now: number): void {
    if (this.active === NO_SEGMENT || this.filled >= this.limit || now <= this.filledAt) return;
    const passed = Math.floor((now - this.filledAt) / this.blockNs);
    const read = Math.min(passed, this.limit - this.filled);
    this.filled += read;
    this.filledAt += read * this.blockNs;
    this.keep();
  }

  /**
   * Answers a read from the buffer as far as it can.
   * @param from when the disk has understood the command
   * @returns when all its blocks are in the buffer; -1 when the arm has to fetch it
   */
  serve(lba: number, end: number, from: number): number {
    const index = this.segments.holding(lba);
    if (this.onTheWay(lba, index)) {
      if (end > this.limit) this.reachOn(end, from);
      const wait = Math.max(0, end - this.filled) * this.blockNs;
      const at = wait === 0 ? from : this.filledAt + wait;
      this.consume(this.active, lba, end, from);
      return lba < this.firstRead ? Math.max(at, this.behindAt) : at;
    }
    if (index === NO_SEGMENT || end > this.segments.end[index]) return -1;
    this.consume(index, lba, end, from);
    return from;
  }

  /** Begins to read on after the blocks from `lba` up to `end`, which the arm has just read. */
  begin(lba: number, end: number): void {
    const { arm, platters, segments, values } = this;
    if (segments.count === 0) return;
    this.filled = end;
    this.filledAt = arm.freeAt;
    this.blockNs = platters.blockNs(end - 1);
    this.limit = this.limitAfter(lba, end);
    this.firstRead = lba;
    this.behindAt = arm.settledAt + this.turnNs;
    let start = lba;
    if (values.lookAhead === TRACK) {
      platters.locate(lba);
      start = platters.trackStart;
    }
    this.active = segments.take(start, end);
    this.keep();
    this.drop(this.active, end);
    if (values.lookAhead === NONE) this.active = NO_SEGMENT;
  }

  /** The arm is needed elsewhere. */
  stop(): void {
    if (this.active !== NO_SEGMENT) this.arm.follow(Math.max(0, this.filled - 1));
    this.active = NO_SEGMENT;
  }

  private onTheWay(lba: number, index: number): boolean {
    if (this.active === NO_SEGMENT) return false;
    return (
      index === this.active || (lba >= this.filled && lba <= this.limit && lba > this.firstRead)
    );
  }

  /** Goes on past the limit: at once while the arm is still reading, else when the block comes by. */
  private reachOn(end: number, from: number): void {
    if (this.filled >= this.limit) this.filledAt = this.arm.pass(this.filled, from);
    this.limit = end;
  }

  private consume(index: number, lba: number, end: number, from: number): void {
    this.segments.touch(index);
    if (index === this.active) {
      const limit = this.limitAfter(lba, end);
      if (limit > this.limit) this.reachOn(limit, from);
    }
    this.drop(index, end);
  }

  private drop(index: number, end: number): void {
    if (this.values.rereads !== DROPPED) return;
    this.segments.start[index] = Math.max(this.segments.start[index], end);
  }

  /**
   * Where to stop: the segment has room for what was read last, unless that is dropped. At least half
   * of it is for what comes (model), or long reads would not be read ahead of.
   */
  private limitAfter(lba: number, end: number): number {
    const { lookAhead, rereads, segmentBlocks } = this.values;
    if (lookAhead === NONE) return end;
    if (lookAhead !== TRACK) {
      if (rereads === DROPPED) return end + segmentBlocks;
      return Math.max(lba + segmentBlocks, end + Math.ceil(segmentBlocks / 2));
    }
    this.platters.locate(end - 1);
    return this.platters.trackStart + this.platters.trackBlocks;
  }

  /** Writes down what the segment holds; the oldest blocks make room for new ones. */
  private keep(): void {
    const { active, segments } = this;
    segments.end[active] = this.filled;
    if (this.values.lookAhead === TRACK) return;
    const oldest = this.filled - this.values.segmentBlocks;
    segments.start[active] = Math.max(segments.start[active], oldest);
  }
}
