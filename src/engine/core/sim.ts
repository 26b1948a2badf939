import { assert } from './assert.js';
import { CellStore } from './cells.js';
import { DataArena } from './data-arena.js';
import { Digest } from './digest.js';
import { EventLog } from './event-log.js';
import { Events, type Lane } from './events.js';
import type { Layer } from './layer.js';
import { Meters } from './meters.js';
import { Payloads } from './payloads.js';
import { Random } from './random.js';
import { Requests } from './requests.js';
import { Timers } from './timers.js';

/** Instants are exact integers up to 2^53 ns, about 104 days: the declared limit of a run. */
export const TIME_MAX = Number.MAX_SAFE_INTEGER;

/** One row in so many is kept for the stack's own rows: pieces, metadata, destaging. Model. */
const RESERVE_SHARE = 8;

/** Events handled per call of the inner loop. */
const BATCH = 256;

/** What all layers share: one clock, one event queue, one request table, one seed. */
export class Sim {
  /** Simulated time, integer nanoseconds. */
  now = 0;
  readonly events = new Events();
  readonly requests: Requests;
  readonly random: Random;
  readonly meters = new Meters(this);
  /** Numbers of layers that change with every I/O. */
  readonly cells = new CellStore();
  readonly digest = new Digest();
  readonly log = new EventLog(this);
  readonly layers: Layer[] = [];
  readonly timers: Timers;
  /** What rows carry, in runs that verify data; undefined in all others. */
  readonly arena: DataArena | undefined;
  /** Bytes that rows of file systems carry. */
  readonly payloads = new Payloads();
  /** Events handled so far: the engine's own measure of work. */
  handled = 0;

  /**
   * @param seed 32-bit integer; every random stream of the run derives from it
   * @param rows capacity of the request table
   * @param verify true keeps track of what is written where
   */
  constructor(seed: number, rows: number, verify = false) {
    this.random = new Random(seed);
    this.requests = new Requests(rows, Math.floor(rows / RESERVE_SHARE));
    this.timers = new Timers(this);
    this.arena = verify ? new DataArena() : undefined;
  }

  /** Called by Layer's constructor. */
  register(layer: Layer): number {
    assert(this.layers.length < 0x7fff, 'more layers than a route can name');
    return this.layers.push(layer) - 1;
  }

  /** A FIFO of events for `layer`; for stages that answer in order. */
  lane(layer: Layer): Lane {
    return this.events.lane(layer.index);
  }

  /** Handles every event up to and including `time`, and leaves the clock there. */
  runUntil(time: number): void {
    assert(time >= this.now && time <= TIME_MAX, `cannot run from ${this.now} to ${time}`);
    while (this.runSome(time));
    this.now = time;
  }

  /**
   * Handles a batch of events; false when none is left before `time`. A short function that is
   * called often is compiled as a whole, while a loop that hardly ever ends would be entered and left
   * through the interpreter each time.
   */
  private runSome(time: number): boolean {
    const { events, layers } = this;
    for (let left = BATCH; left > 0; left--) {
      if (!events.pop(time)) return false;
      this.now = events.at;
      this.handled++;
      layers[events.layer].fire(events.io);
    }
    return true;
  }
}
