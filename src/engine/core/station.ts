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

  private readonly arrivedAt: Float64Array;
  private changedAt = 0;
  private arrived = 0;
  private finished = 0;
  private occupancyNs = 0;
  private activeNs = 0;
  private waitNs = 0;

  private windowStart = 0;
  private windowAreaNs = 0;
  private windowLeftNs = 0;
  /** Sum over those inside of their arrival after the window's start (0 for earlier arrivals). */
  private windowInsideNs = 0;

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
    const { now } = this.sim;
    this.queued++;
    this.arrived++;
    this.arrivedAt[io] = now;
    this.windowInsideNs += now - this.windowStart;
    this.discipline.push(io);
  }

  /**
   * The row takes a slot at once if it may: a slot is free and nobody waits. Same as `arrive` and
   * `start` for it, in one step; false leaves everything as it was. Not for stations whose discipline
   * has to see every row.
   */
  pass(io: Io): boolean {
    if (this.queued > 0 || this.active >= this.slots) return false;
    this.tick();
    const { now } = this.sim;
    this.active++;
    this.arrived++;
    this.arrivedAt[io] = now;
    this.windowInsideNs += now - this.windowStart;
    return true;
  }

  /** Moves the next row into a slot; NO_IO when no slot is free or none may start. */
  start(): Io {
    if (this.active >= this.slots || this.queued === 0) return NO_IO;
    const io = this.discipline.pop();
    if (io === NO_IO) return NO_IO;
    this.tick();
    this.queued--;
    this.active++;
    this.waitNs += this.sim.now - this.arrivedAt[io];
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

  private leave(io: Io): void {
    const { now } = this.sim;
    const since = this.arrivedAt[io] - this.windowStart;
    this.finished++;
    if (since > 0) {
      this.windowInsideNs -= since;
      this.windowLeftNs += now - this.arrivedAt[io];
    } else {
      this.windowLeftNs += now - this.windowStart;
    }
  }

  /** Adds the area under the occupancy curve since the last change. */
  private tick(): void {
    const span = this.sim.now - this.changedAt;
    if (span === 0) return;
    this.changedAt = this.sim.now;
    const area = (this.active + this.queued) * span;
    this.windowAreaNs += area;
    this.occupancyNs += area;
    this.activeNs += this.active * span;
  }

  private publish(values: Float64Array, first: number): void {
    this.tick();
    this.checkLittle();
    values[first] = this.active;
    values[first + 1] = this.queued;
    values[first + 2] = this.slots;
    values[first + 3] = this.arrived;
    values[first + 4] = this.finished;
    values[first + 5] = this.occupancyNs;
    values[first + 6] = this.activeNs;
    values[first + 7] = this.waitNs;
  }

  private checkLittle(): void {
    const { now } = this.sim;
    const soFar = this.inside * (now - this.windowStart) - this.windowInsideNs;
    assert(
      this.windowAreaNs === this.windowLeftNs + soFar,
      `Little's law broken: area ${this.windowAreaNs}, sojourns ${this.windowLeftNs} + ${soFar}`,
    );
    assert(this.arrived - this.finished === this.inside, 'a station lost or gained a command');
    // Stamps cancel out of the sum above; with nobody inside they are seen by themselves.
    assert(this.inside > 0 || this.windowInsideNs === 0, 'a station changed a time of arrival');
    this.windowStart = now;
    this.windowAreaNs = 0;
    this.windowLeftNs = 0;
    this.windowInsideNs = 0;
  }
}
