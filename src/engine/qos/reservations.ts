import type { Sim } from '../core/sim.js';
import { wider } from './client-queues.js';
import { TagHeap } from './tag-heap.js';

const SECOND = 1e9;
/**
 * Reservations that could not be kept (a device that stood still, more reserved than there is) are
 * made up for so far and no further; without a bound they would starve all others afterwards. Model.
 */
const LATE_NS_MAX = 1e9;

/**
 * Reservations of a scheduler's clients. Each has a tag in real time (ns): when its next command is
 * due (the R tag of stack-lower 9.4). Tags are compared with a clock that falls behind real time
 * while reservations cannot be kept, so that they keep their proportions.
 */
export class Reservations {
  /** Clients whose commands may start once they are due, by tag. */
  readonly waiting = new TagHeap();

  /** Time one unit takes; 0 is no reservation. */
  private perUnit = new Float64Array(8);
  /** What the command at the head of a client's queue was charged. */
  private unitsOfHead = new Float64Array(8);
  /** How far the clock is behind real time: whole ns, so that `nextAt` is exact. */
  private lateNs = 0;
  private lookedAt = Number.POSITIVE_INFINITY;

  /**
   * @param burst what a client gets by its shares is not charged to its reservation
   * @param credit otherwise, units it may be charged in advance
   */
  constructor(
    private readonly sim: Sim,
    private readonly burst: boolean,
    private readonly credit: number,
  ) {}

  /** @param room clients there is room for */
  reserve(room: number): void {
    if (room <= this.perUnit.length) return;
    this.waiting.reserve(room);
    this.perUnit = wider(this.perUnit, room);
    this.unitsOfHead = wider(this.unitsOfHead, room);
  }

  /** Forgets what the client has had. */
  forget(client: number): void {
    this.waiting.tags[client] = Number.NEGATIVE_INFINITY;
  }

  reserves(client: number): boolean {
    return this.perUnit[client] > 0;
  }

  /** When the next command is due, whole ns; infinite when none waits for that. */
  get nextAt(): number {
    return Math.ceil(this.waiting.least) + this.lateNs;
  }

  /** True when the first of those that wait is due. */
  isDue(): boolean {
    const { waiting } = this;
    if (waiting.size === 0) return false;
    const { now } = this.sim;
    const behindNs = Math.ceil(now - this.lateNs - waiting.least - LATE_NS_MAX);
    if (behindNs > 0) this.lateNs += Math.min(behindNs, Math.max(0, now - this.lookedAt));
    this.lookedAt = now;
    return waiting.least <= now - this.lateNs;
  }

  /**
   * Changes a reservation; the client stands in no heap meanwhile.
   * @param isWaiting a command of the client waits
   * @returns true when it has changed
   */
  setReservation(client: number, reservation: number, isWaiting: boolean): boolean {
    const perUnit = reservation === 0 ? 0 : SECOND / reservation;
    if (perUnit === this.perUnit[client]) return false;
    this.perUnit[client] = perUnit;
    const { tags } = this.waiting;
    const clock = this.sim.now - this.lateNs;
    // One interval from now at most, and no claim on the time before.
    const latest = clock + (isWaiting ? this.unitsOfHead[client] * perUnit : 0);
    tags[client] = Math.min(isWaiting ? Math.max(tags[client], clock) : tags[client], latest);
    return true;
  }

  /**
   * The tag of the command at the head of a client's queue.
   * @param isFresh it found the queue empty: idle time earns no credit
   */
  stamp(client: number, units: number, isFresh: boolean): void {
    this.unitsOfHead[client] = units;
    const { tags } = this.waiting;
    const tag = tags[client] + units * this.perUnit[client];
    tags[client] = isFresh ? Math.max(tag, this.sim.now - this.lateNs) : tag;
  }

  /** Takes back what the command at the head had been charged. */
  refund(client: number): void {
    this.waiting.tags[client] -= this.unitsOfHead[client] * this.perUnit[client];
  }

  /** The command at the head starts by shares: that uses up none of the reservation, or only so far. */
  spare(client: number): void {
    if (this.burst) {
      this.refund(client);
    } else {
      const { tags } = this.waiting;
      const furthest = this.sim.now - this.lateNs + this.credit * this.perUnit[client];
      tags[client] = Math.min(tags[client], furthest);
    }
  }
}
