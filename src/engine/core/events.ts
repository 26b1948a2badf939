import { assert } from './assert.js';
import type { Io } from './io.js';
import { OverflowHeap } from './overflow-heap.js';

const NONE = -1;
const TWO_32 = 0x100000000;

/** Slots per level: 1 ns, 1,024 ns and 2.1 ms wide; together the 32 low bits of a time. */
const LEVEL_WIDTHS = [1, 0x400, 0x200000] as const;
/** First word of each level in the summary. */
const LEVEL_SUMMARIES = [0, 1, 3] as const;
/** First slot of each level in the shared slot arrays. */
const LEVEL_STARTS = [0, 1024, 3072] as const;
const SLOT_COUNT = 5120;

/**
 * The event queue: a hierarchical timing wheel ordered by (time, issue number).
 *
 * The finest level is one nanosecond wide, so a slot there holds events of one instant, kept in the
 * order in which they were issued. Events further than 4.3 s away wait in a heap. Popping moves
 * events down one level at a time; nothing is allocated once the pool has grown to its size.
 *
 * Lanes: a stage that answers in order keeps its events in a ring of its own, of which only the head
 * is in the wheel. Each lane entry keeps the issue number of its push, so order is exactly what it
 * would be without lanes, and the wheel's size is the number of lanes, not of I/Os.
 */
export class Events {
  /** The event taken by the last successful `pop`. */
  at = 0;
  layer = 0;
  io: Io = 0;

  private capacity = 1024;
  private eventAt = new Float64Array(this.capacity);
  private issue = new Float64Array(this.capacity);
  private target = new Int32Array(this.capacity);
  private row = new Int32Array(this.capacity);
  private next = new Int32Array(this.capacity);
  private freeHead = NONE;
  private used = 0;
  private issued = 0;
  private inWheel = 0;

  private readonly heads = new Int32Array(SLOT_COUNT).fill(NONE);
  private readonly tails = new Int32Array(SLOT_COUNT).fill(NONE);
  /** One bit per non-empty slot. */
  private readonly bits = new Int32Array(SLOT_COUNT / 32);
  /** One bit per non-zero word of `bits`. */
  private readonly summary = new Int32Array(SLOT_COUNT / 1024);

  /** Time up to which the wheel has turned: no event in it is earlier. */
  private baseHigh = 0;
  private baseLow = 0;
  private readonly far = new OverflowHeap();
  private readonly lanes: Lane[] = [];

  /** Events that have not happened yet (a lane counts as one). */
  get pending(): number {
    return this.inWheel + this.far.size;
  }

  /** Issue number of the next push; strictly growing, it breaks ties. */
  nextIssue(): number {
    return this.issued++;
  }

  push(at: number, layer: number, io: Io): void {
    this.pushIssued(at, this.issued++, layer, io);
  }

  /** A FIFO of events for one layer whose times never decrease. */
  lane(layer: number): Lane {
    const lane = new Lane(this, this.lanes.length, layer);
    this.lanes.push(lane);
    return lane;
  }

  /** Adds an event with an issue number drawn earlier; for lanes. */
  pushIssued(at: number, issue: number, target: number, io: Io): void {
    // Messages are only put together when needed: on the I/O path they cost as much as the rest.
    if (!(at >= this.baseHigh * TWO_32 + this.baseLow)) {
      assert(false, `event at ${at} lies in the past`);
    }
    const event = this.allocate();
    this.eventAt[event] = at;
    this.issue[event] = issue;
    this.target[event] = target;
    this.row[event] = io;
    if (Math.floor(at / TWO_32) === this.baseHigh) this.insert(event);
    else this.far.push(event, at, issue);
  }

  /** Takes the next event into `at`, `layer`, `io` if it is not later than `limit`. */
  pop(limit: number): boolean {
    const event = this.takeNext(limit);
    if (event === NONE) return false;
    this.at = this.eventAt[event];
    const target = this.target[event];
    const io = this.row[event];
    this.next[event] = this.freeHead;
    this.freeHead = event;
    if (target >= 0) {
      this.layer = target;
      this.io = io;
    } else {
      const lane = this.lanes[-1 - target];
      this.layer = lane.layer;
      this.io = lane.take();
    }
    return true;
  }

  private takeNext(limit: number): number {
    if (this.inWheel === 0) {
      if (this.far.size === 0 || this.far.firstKey > limit) return NONE;
      this.turnTo(Math.floor(this.far.firstKey / TWO_32));
    }
    const epoch = this.baseHigh * TWO_32;
    for (;;) {
      let slot = this.firstSlot(0);
      if (slot !== NONE) {
        const event = this.heads[slot];
        if (this.eventAt[event] > limit) return NONE;
        const rest = this.next[event];
        this.heads[slot] = rest;
        if (rest === NONE) this.clear(slot);
        this.inWheel--;
        this.baseLow = this.eventAt[event] - epoch;
        return event;
      }
      let level = 1;
      slot = this.firstSlot(1);
      if (slot === NONE) {
        level = 2;
        slot = this.firstSlot(2);
      }
      // The wheel may not turn past an event that is still to be pushed, so it turns only if the
      // slot's earliest event is due.
      const start = (slot - LEVEL_STARTS[level]) * LEVEL_WIDTHS[level];
      const from = level === 1 ? start + (this.baseLow >>> 21) * 0x200000 : start;
      if (epoch + from + LEVEL_WIDTHS[level] > limit && this.earliest(slot) > limit) return NONE;
      this.baseLow = from;
      this.spill(slot);
    }
  }

  /** Moves every event of a coarse slot to finer ones; the base stands at the slot's start. */
  private spill(slot: number): void {
    let event = this.heads[slot];
    this.clear(slot);
    while (event !== NONE) {
      const rest = this.next[event];
      this.inWheel--;
      this.insert(event);
      event = rest;
    }
  }

  private earliest(slot: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (let event = this.heads[slot]; event !== NONE; event = this.next[event]) {
      if (this.eventAt[event] < least) least = this.eventAt[event];
    }
    return least;
  }

  /** Starts a new 4.3 s epoch with an empty wheel. */
  private turnTo(high: number): void {
    this.baseHigh = high;
    this.baseLow = 0;
    const end = (high + 1) * TWO_32;
    while (this.far.size > 0 && this.far.firstKey < end) this.insert(this.far.pop());
  }

  private insert(event: number): void {
    const low = this.eventAt[event] - this.baseHigh * TWO_32;
    // As 32-bit patterns: >>> 0 keeps the low word of a double below 2^53 exact.
    const word = low >>> 0;
    const differs = (word ^ (this.baseLow >>> 0)) >>> 0;
    this.inWheel++;
    if (differs < 0x400) {
      this.insertInOrder(word & 0x3ff, event);
      return;
    }
    const slot = differs < 0x200000 ? 1024 + ((word >>> 10) & 0x7ff) : 3072 + (word >>> 21);
    this.append(slot, event);
  }

  private append(slot: number, event: number): void {
    this.next[event] = NONE;
    if (this.heads[slot] === NONE) {
      this.heads[slot] = event;
      const word = slot >>> 5;
      this.bits[word] |= 1 << (slot & 31);
      this.summary[word >>> 5] |= 1 << (word & 31);
    } else {
      this.next[this.tails[slot]] = event;
    }
    this.tails[slot] = event;
  }

  /** Within an instant, events are in the order of their issue numbers. */
  private insertInOrder(slot: number, event: number): void {
    const issue = this.issue[event];
    const head = this.heads[slot];
    if (head === NONE || this.issue[this.tails[slot]] < issue) {
      this.append(slot, event);
      return;
    }
    if (issue < this.issue[head]) {
      this.next[event] = head;
      this.heads[slot] = event;
      return;
    }
    let before = head;
    while (this.issue[this.next[before]] < issue) before = this.next[before];
    this.next[event] = this.next[before];
    this.next[before] = event;
  }

  private clear(slot: number): void {
    this.heads[slot] = NONE;
    this.tails[slot] = NONE;
    const word = slot >>> 5;
    this.bits[word] &= ~(1 << (slot & 31));
    if (this.bits[word] === 0) this.summary[word >>> 5] &= ~(1 << (word & 31));
  }

  /** First non-empty slot of a level: what lies before the base is empty, so the lowest is next. */
  private firstSlot(level: number): number {
    const { summary } = this;
    const from = LEVEL_SUMMARIES[level];
    let part = from;
    let words = summary[part];
    if (words === 0 && level > 0) words = summary[++part];
    if (words === 0) return NONE;
    const word = (part << 5) + (31 - Math.clz32(words & -words));
    const bits = this.bits[word];
    return (word << 5) + (31 - Math.clz32(bits & -bits));
  }

  private allocate(): number {
    if (this.freeHead !== NONE) {
      const event = this.freeHead;
      this.freeHead = this.next[event];
      return event;
    }
    if (this.used === this.capacity) this.grow();
    return this.used++;
  }

  private grow(): void {
    const capacity = this.capacity * 2;
    const wider = <T extends Float64Array | Int32Array>(old: T, fresh: T): T => {
      fresh.set(old);
      return fresh;
    };
    this.eventAt = wider(this.eventAt, new Float64Array(capacity));
    this.issue = wider(this.issue, new Float64Array(capacity));
    this.target = wider(this.target, new Int32Array(capacity));
    this.row = wider(this.row, new Int32Array(capacity));
    this.next = wider(this.next, new Int32Array(capacity));
    this.capacity = capacity;
  }
}

/** Most lanes hold few events: small rings of many lanes stay in the processor's cache. */
const LANE_START = 8;

/** A ring of events of one layer, in time order; see Events. */
export class Lane {
  private mask = LANE_START - 1;
  private times = new Float64Array(LANE_START);
  private issues = new Float64Array(LANE_START);
  private rows = new Int32Array(LANE_START);
  private head = 0;
  private count = 0;
  private lastAt = 0;

  constructor(
    private readonly events: Events,
    private readonly index: number,
    readonly layer: number,
  ) {}

  /** Wakes the lane's layer for `io` at `at`, which is not before any earlier push. */
  push(at: number, io: Io): void {
    assert(at >= this.lastAt, 'a lane only takes events in time order');
    this.lastAt = at;
    const issue = this.events.nextIssue();
    if (this.count === 0) this.events.pushIssued(at, issue, -1 - this.index, io);
    if (this.count > this.mask) this.grow();
    const tail = (this.head + this.count++) & this.mask;
    this.times[tail] = at;
    this.issues[tail] = issue;
    this.rows[tail] = io;
  }

  /** The head, whose time has come; puts the one behind it into the wheel. */
  take(): Io {
    const io = this.rows[this.head];
    this.head = (this.head + 1) & this.mask;
    if (--this.count > 0) {
      const { head } = this;
      this.events.pushIssued(this.times[head], this.issues[head], -1 - this.index, this.rows[head]);
    }
    return io;
  }

  private grow(): void {
    const size = (this.mask + 1) * 2;
    const times = new Float64Array(size);
    const issues = new Float64Array(size);
    const rows = new Int32Array(size);
    for (let index = 0; index < this.count; index++) {
      const from = (this.head + index) & this.mask;
      times[index] = this.times[from];
      issues[index] = this.issues[from];
      rows[index] = this.rows[from];
    }
    this.times = times;
    this.issues = issues;
    this.rows = rows;
    this.head = 0;
    this.mask = size - 1;
  }
}
