import { assert } from '../../core/assert.js';
import { type Io, NO_IO, WRITE } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import type { Disk } from '../disk.js';
import type { Cache } from './cache.js';
import type { Pool } from './pool.js';
import { CLEAN, DESTAGING, DIRTY, REDIRTIED, TRACK_BLOCKS } from './track-table.js';

/** How long a track may stay dirty, so that small sequential writes become one (model). */
const AGE_NS = 1e9;
/** Time until the next try when the request table is full (model). */
const RETRY_NS = 1e6;
/** Bounds of the writes in flight to one disk (model): few, so that reads need not wait long. */
const IN_FLIGHT_MIN = 2;
const IN_FLIGHT_MAX = 16;

/**
 * Writes the dirty tracks of one disk to it, oldest first, with rows of its own (world 0). A track
 * goes when it is old enough, or at once while much of the cache is dirty.
 */
export class Destager extends Layer {
  protected readonly slotOf: Int32Array;
  /** Ring of dirty slots and since when they are dirty. */
  protected ring = new Int32Array(64);
  protected since = new Float64Array(64);
  protected head = 0;
  protected count = 0;
  private inFlight = 0;
  /** Most writes in flight. */
  protected limit: number;
  /** When the earliest event asked for fires; infinite when none is under way. */
  private wakesAt = Number.POSITIVE_INFINITY;

  constructor(
    sim: Sim,
    protected readonly cache: Cache,
    protected readonly pool: Pool,
    private readonly disk: Disk,
  ) {
    super(sim, `${disk.name} destage`);
    this.slotOf = sim.requests.column('destage.slot', Int32Array);
    this.limit = Math.max(IN_FLIGHT_MIN, Math.min(IN_FLIGHT_MAX, disk.station.slots));
  }

  override submit(): void {
    assert(false, 'a destager makes its own rows');
  }

  /** Looks again at what waits: it may have to go at once. */
  hurry(): void {
    this.pump();
  }

  /** A slot has become dirty. */
  add(slot: number): void {
    this.append(slot);
    this.pump();
  }

  override complete(io: Io): void {
    const { requests } = this.sim;
    this.pool.dirtyBlocks -= requests.blocks[io];
    this.landed(io);
    requests.give(io);
    this.inFlight--;
    this.cache.admit();
    this.pump();
  }

  override fire(): void {
    if (this.sim.now < this.wakesAt) return;
    this.wakesAt = Number.POSITIVE_INFINITY;
    this.pump();
  }

  /** The disks have what a row carried. */
  protected landed(io: Io): void {
    this.settle(this.slotOf[io]);
  }

  protected settle(slot: number): void {
    const { table } = this.cache;
    if (table.state[slot] === REDIRTIED) {
      table.state[slot] = DIRTY;
      this.append(slot);
    } else {
      table.state[slot] = CLEAN;
      this.cache.dirtyTracks--;
    }
  }

  private pump(): void {
    const { cache, sim } = this;
    while (this.count > 0 && this.inFlight < this.limit) {
      const young = sim.now < this.since[this.head] + AGE_NS;
      if (young && cache.dirtyTracks <= cache.hurryTracks) {
        this.wakeAt(this.since[this.head] + AGE_NS);
        return;
      }
      const io = sim.requests.take();
      if (io === NO_IO) {
        // Waiting writes may hold all the rows there are: let them carry themselves.
        if (this.inFlight === 0) cache.writeThrough();
        this.wakeAt(sim.now + RETRY_NS);
        return;
      }
      this.send(io);
    }
  }

  private send(io: Io): void {
    const { requests } = this.sim;
    const { table } = this.cache;
    const slot = this.ring[this.head];
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.count--;
    this.inFlight++;
    table.state[slot] = DESTAGING;
    const address = table.trackOf(slot) * TRACK_BLOCKS + table.dirtyFrom[slot];
    this.slotOf[io] = slot;
    const blocks = table.dirtyTo[slot] - table.dirtyFrom[slot] + 1;
    requests.own(io, WRITE, 0, blocks, this.sim.now);
    this.enter(io);
    this.dispatch(io, address);
  }

  /** The row, set up but for its address, goes to the disks. */
  protected dispatch(io: Io, address: number): void {
    this.sim.requests.lba[io] = this.pool.lbaOf(address);
    this.disk.submit(io);
  }

  private wakeAt(at: number): void {
    if (at >= this.wakesAt) return;
    this.wakesAt = at;
    this.after(at - this.sim.now, NO_IO);
  }

  private append(slot: number): void {
    if (this.count === this.ring.length) this.grow();
    const tail = (this.head + this.count++) & (this.ring.length - 1);
    this.ring[tail] = slot;
    this.since[tail] = this.sim.now;
  }

  private grow(): void {
    const { ring, since } = this;
    this.ring = new Int32Array(ring.length * 2);
    this.since = new Float64Array(ring.length * 2);
    for (let index = 0; index < this.count; index++) {
      const from = (this.head + index) & (ring.length - 1);
      this.ring[index] = ring[from];
      this.since[index] = since[from];
    }
    this.head = 0;
  }
}
