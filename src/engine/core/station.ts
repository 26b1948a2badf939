import { assert } from './assert.js';
import { type Discipline, Fifo } from './discipline.js';
import { type Io, NO_IO } from './io.js';
import type { Entity } from './meters.js';
import type { Sim } from './sim.js';

/** Fields a station keeps; an entity with a station lists them, in this order, anywhere. */
export const STATION_FIELDS = [
  'active',
  'queued',
  'slots',
  'arrived',
  'finished',
  'occupancyNs',
  'activeNs',
  'waitNs',
] as const;

/** Its times in ns, side by side (core/cells.ts): they change with every command. */
const CHANGED_AT = 0;
const WINDOW_START = 1;
const WINDOW_AREA_NS = 2;
const WINDOW_LEFT_NS = 3;
/** Sum over those inside of their arrival after the window's start (0 for earlier arrivals). */
const WINDOW_INSIDE_NS = 4;
const ACTIVE_NS = 5;
const WAIT_NS = 6;
/** Area of the windows before. */
const OCCUPANCY_NS = 7;
const CELLS = 8;

/**
 * The only place a command waits: a queue, a number of slots, and a meter.
 *
 * Little's law holds exactly in every window (checked at each sample): the area under the occupancy
 * curve equals the time spent inside by those who left plus the time spent so far by those inside.
 * Both sides are sums of integer nanoseconds, restarted at each sample so that they stay exact.
 */
export class Station {
  /** Commands in a slot (ACTV). */
  active = 0;
  /** Commands waiting (QUED). */
  queued = 0;

  private arrived = 0;
  private finished = 0;
  private readonly cells: Float64Array;
  private readonly base: number;
  private readonly arrivedAt: Float64Array;

  /**
   * @param kind kind of station: rows are stamped in a column all stations of a kind share
   * @param entity whose STATION_FIELDS this station writes when sampled
   * @param slots commands served at once; may be changed at any time
   */
  constructor(
    private readonly sim: Sim,
    kind: string,
    entity: Entity,
    public slots: number,
    private readonly discipline: Discipline = new Fifo(),
  ) {
    const { values, base } = sim.cells.take(CELLS);
    this.cells = values;
    this.base = base;
    this.arrivedAt = sim.requests.column(`${kind}.arrivedAt`, Float64Array);
    const first = entity.slot('active');
    const earlier = entity.refresh;
    entity.refresh = () => {
      earlier?.();
      this.publish(entity.values, first);
    };
  }

  /** Rows inside, waiting or active. */
  get inside(): number {
    return this.active + this.queued;
  }

  /** The row waits for a slot. */
  arrive(io: Io): void {
    this.tick();
    this.queued++;
    this.stamp(io);
    this.discipline.push(io);
  }

  /**
   * The row takes a slot at once if it may: a slot is free and nobody waits. Same as `arrive` and
   * `start` for it, in one step; false leaves everything as it was. Not for stations whose discipline
   * has to see every row.
   */
  pass(io: Io): boolean {
    if (this.queued > 0 || this.active >= this.slots) return false;
    this.force(io);
    return true;
  }

  /** The row takes a slot of its own at once, however many are taken and whoever waits. */
  force(io: Io): void {
    this.tick();
    this.active++;
    this.stamp(io);
  }

  /** Moves the next row into a slot; NO_IO when no slot is free or none may start. */
  start(): Io {
    if (this.active >= this.slots || this.queued === 0) return NO_IO;
    const io = this.discipline.pop();
    if (io === NO_IO) return NO_IO;
    this.tick();
    this.queued--;
    this.active++;
    this.cells[this.base + WAIT_NS] += this.sim.now - this.arrivedAt[io];
    return io;
  }

  /** The row leaves its slot. */
  finish(io: Io): void {
    assert(this.active > 0, 'a command left a station in which none was active');
    this.tick();
    this.active--;
    this.leave(io);
  }

  /** Takes a waiting row out before it started; false when it is not waiting here. */
  withdraw(io: Io): boolean {
    if (!this.discipline.remove(io)) return false;
    this.tick();
    this.queued--;
    this.leave(io);
    return true;
  }

  /** When the row came in, ns; for latencies measured from here. */
  arrivalOf(io: Io): number {
    return this.arrivedAt[io];
  }

  private stamp(io: Io): void {
    const { cells, base } = this;
    const { now } = this.sim;
    this.arrivedAt[io] = now;
    this.arrived++;
    cells[base + WINDOW_INSIDE_NS] += now - cells[base + WINDOW_START];
  }

  private leave(io: Io): void {
    const { cells, base } = this;
    const { now } = this.sim;
    const arrivedAt = this.arrivedAt[io];
    const start = cells[base + WINDOW_START];
    this.finished++;
    if (arrivedAt > start) {
      cells[base + WINDOW_INSIDE_NS] -= arrivedAt - start;
      cells[base + WINDOW_LEFT_NS] += now - arrivedAt;
    } else {
      cells[base + WINDOW_LEFT_NS] += now - start;
    }
  }

  /** Adds the area under the occupancy curve since the last change. */
  private tick(): void {
    const { cells, base } = this;
    const { now } = this.sim;
    const span = now - cells[base + CHANGED_AT];
    if (span === 0) return;
    cells[base + CHANGED_AT] = now;
    cells[base + WINDOW_AREA_NS] += (this.active + this.queued) * span;
    cells[base + ACTIVE_NS] += this.active * span;
  }

  private publish(values: Float64Array, first: number): void {
    this.tick();
    this.checkLittle();
    const { cells, base } = this;
    values[first] = this.active;
    values[first + 1] = this.queued;
    values[first + 2] = this.slots;
    values[first + 3] = this.arrived;
    values[first + 4] = this.finished;
    values[first + 5] = cells[base + OCCUPANCY_NS];
    values[first + 6] = cells[base + ACTIVE_NS];
    values[first + 7] = cells[base + WAIT_NS];
  }

  private checkLittle(): void {
    const { cells, base } = this;
    const { now } = this.sim;
    const area = cells[base + WINDOW_AREA_NS];
    const left = cells[base + WINDOW_LEFT_NS];
    const since = cells[base + WINDOW_INSIDE_NS];
    const soFar = this.inside * (now - cells[base + WINDOW_START]) - since;
    assert(area === left + soFar, `Little's law broken: area ${area}, sojourns ${left} + ${soFar}`);
    assert(this.arrived - this.finished === this.inside, 'a station lost or gained a command');
    // Stamps cancel out of the sum above; with nobody inside they are seen by themselves.
    assert(this.inside > 0 || since === 0, 'a station changed a time of arrival');
    cells[base + OCCUPANCY_NS] += area;
    cells[base + WINDOW_START] = now;
    cells[base + WINDOW_AREA_NS] = 0;
    cells[base + WINDOW_LEFT_NS] = 0;
    cells[base + WINDOW_INSIDE_NS] = 0;
  }
}
