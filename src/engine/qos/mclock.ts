import { Fifo } from '../core/discipline.js';
import { BLOCK_BYTES, type Io, NO_IO } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import type { Qos } from '../plan/plan.js';
import { ClientQueues, wider } from './client-queues.js';
import type { ClientTable } from './clients.js';
import { costOf } from './cost.js';
import { checkQos, type QosDiscipline, type QosSettings } from './discipline.js';
import { LimitGate } from './limit-gate.js';
import { Reservations } from './reservations.js';
import { NO_CLIENT, TagHeap } from './tag-heap.js';

/**
 * A client whose reservation is worth more than its shares runs ahead in share tags, by the idle
 * credit and this many of its largest commands at most, so that it need not wait long for the others
 * when shares are worth more again. Two are out of reach of the weight phase until then. Model.
 */
const AHEAD_COMMANDS = 2;

/**
 * mClock (Gulati, Merchant, Varman, 2010) in the form of stack-lower 9.4: reservations and limits
 * have tags in real time (ns), shares have tags in virtual time (cost per share). Only the command
 * at the head of a client's queue has tags; they are computed when it gets there. Differences:
 *
 * - a limit holds for both phases, so a reservation above the limit is worth the limit (9.3);
 * - no tag remembers more than a bounded time in which its client got less or more than it was due
 *   (the reservations' lateness, AHEAD_COMMANDS, the limits' slack, the idle credit): nobody
 *   starves, whatever changes.
 */
export class MClock implements QosDiscipline {
  byReservation = new Float64Array(8);
  byWeight = new Float64Array(8);

  /** Commands of all clients started because a reservation was due. */
  protected reservedStarts = 0;
  protected readonly queues: ClientQueues;
  private readonly unitBlocks: number;
  private readonly reservations: Reservations;
  protected readonly limits = new LimitGate();
  /** Clients that may start by their shares. */
  protected readonly weights = new TagHeap();

  /** Virtual time that one unit of cost takes; 0 is no shares. */
  private perWeight = new Float64Array(8);
  /** What the command at the head was charged. */
  private costOfHead = new Float64Array(8);
  /** 1 for clients whose limit, not their shares, decides what they get. */
  private limitBound = new Uint8Array(8);
  /** The largest cost of a command so far. */
  protected costMax = new Float64Array(8);
  private idleSince = new Float64Array(8);
  private clientCount = 0;

  private readonly system = new Fifo();
  private systemQueued = 0;
  /** A row that found nothing queued and whose client has only shares: needs no heap. */
  private alone: Io = NO_IO;
  /** The greatest share tag of all that started by shares. */
  private virtualNow = 0;

  constructor(
    protected readonly sim: Sim,
    protected readonly clients: ClientTable,
    private readonly settings: QosSettings,
  ) {
    this.unitBlocks = settings.costUnitBytes / BLOCK_BYTES;
    this.queues = new ClientQueues(sim.requests.next);
    const { reservationBurst, idleCredit } = settings;
    this.reservations = new Reservations(sim, reservationBurst, idleCredit);
  }

  setClient(client: number, qos: Qos): void {
    checkQos(client, qos);
    this.settle();
    while (this.clientCount <= client) this.add();
    const { shares, limit } = qos;
    const reservation = limit > 0 ? Math.min(qos.reservation, limit) : qos.reservation;
    const perWeight = shares > 0 ? 1 / shares : 0;
    const isWaiting = this.queues.heads[client] !== NO_IO;
    if (isWaiting) this.withdraw(client);
    let hasChanged = perWeight !== this.perWeight[client];
    this.perWeight[client] = perWeight;
    if (this.reservations.setReservation(client, reservation, isWaiting)) hasChanged = true;
    const units = isWaiting ? this.costOfHead[client] : 0;
    if (this.limits.setLimit(client, limit, units, this.sim.now)) hasChanged = true;
    if (hasChanged) {
      // Neither a claim on the time before nor a debt from it.
      const { tags } = this.weights;
      const latest = this.virtualNow + units * perWeight;
      tags[client] = Math.min(isWaiting ? this.atLeast(client) : tags[client], latest);
    }
    if (isWaiting) this.place(client);
  }

  push(io: Io): void {
    const client = this.clients.at(this.sim.requests.disk[io]);
    if (client === NO_CLIENT) {
      this.system.push(io);
      this.systemQueued++;
      return;
    }
    if (this.queues.waiting === 0 && this.alone === NO_IO && this.hasSharesOnly(client)) {
      this.alone = io;
      return;
    }
    this.settle();
    this.enqueue(client, io);
  }

  pop(): Io {
    if (this.systemQueued > 0) {
      this.systemQueued--;
      return this.system.pop();
    }
    if (this.alone !== NO_IO) return this.takeAlone();
    const { reservations, limits, weights } = this;
    const { now } = this.sim;
    while (limits.closed.least <= now) this.release(limits.closed.first);
    if (reservations.isDue()) {
      const client = reservations.waiting.first;
      this.byReservation[client]++;
      this.reservedStarts++;
      return this.take(client);
    }
    const client = weights.first;
    return client === NO_CLIENT ? NO_IO : this.takeByWeight(client);
  }

  pass(client: number): void {
    this.byWeight[client]++;
    this.queues.active[client]++;
  }

  finish(client: number): void {
    if (--this.queues.active[client] === 0) this.idleSince[client] = this.sim.now;
  }

  hold(client: number, held: boolean): void {
    this.settle();
    this.queues.held[client] = held ? 1 : 0;
    if (this.queues.heads[client] === NO_IO) return;
    if (held) this.withdraw(client);
    else this.place(client);
  }

  nextAt(): number {
    return Math.min(this.reservations.nextAt, Math.ceil(this.limits.closed.least));
  }

  limitedNs(client: number): number {
    return this.limits.limitedNs(client, this.sim.now);
  }

  remove(io: Io): boolean {
    const client = this.clients.at(this.sim.requests.disk[io]);
    if (client === NO_CLIENT) {
      if (!this.system.remove(io)) return false;
      this.systemQueued--;
      return true;
    }
    this.settle();
    if (this.queues.heads[client] !== io) return this.queues.cut(client, io);
    const cost = this.costOfHead[client];
    this.withdraw(client);
    this.reservations.refund(client);
    this.weights.tags[client] -= cost * this.perWeight[client];
    this.limits.refund(client, cost);
    this.queues.shift(client);
    if (this.queues.heads[client] !== NO_IO) this.stamp(client, false);
    return true;
  }

  /** Units a command is charged to its client's limit and shares. */
  protected cost(io: Io, _client: number): number {
    const { op, blocks } = this.sim.requests;
    return costOf(op[io], blocks[io], this.unitBlocks);
  }

  /** Units a command is charged to its client's reservation. */
  protected dues(io: Io, client: number): number {
    return this.cost(io, client);
  }

  /** Starts the client's next command by its shares. */
  protected takeByWeight(client: number): Io {
    this.byWeight[client]++;
    const tag = this.weights.tags[client];
    if (tag > this.virtualNow) this.virtualNow = tag;
    if (this.reservations.reserves(client)) this.reservations.spare(client);
    return this.take(client);
  }

  private hasSharesOnly(client: number): boolean {
    const hasRates = this.reservations.reserves(client) || this.limits.limits(client);
    return !hasRates && this.perWeight[client] > 0 && this.queues.held[client] === 0;
  }

  /** Starts the row that needed no heap; its client's share tag moves all the same. */
  private takeAlone(): Io {
    const io = this.alone;
    this.alone = NO_IO;
    const client = this.clients.at(this.sim.requests.disk[io]);
    this.wake(client);
    const { tags } = this.weights;
    tags[client] += this.cost(io, client) * this.perWeight[client];
    tags[client] = this.atLeast(client);
    if (tags[client] > this.virtualNow) this.virtualNow = tags[client];
    this.byWeight[client]++;
    this.queues.active[client]++;
    return io;
  }

  /** Moves the row that stood alone to its client's queue: the heaps are needed from here on. */
  private settle(): void {
    if (this.alone === NO_IO) return;
    const io = this.alone;
    this.alone = NO_IO;
    this.enqueue(this.clients.at(this.sim.requests.disk[io]), io);
  }

  private enqueue(client: number, io: Io): void {
    if (!this.queues.push(client, io)) return;
    this.wake(client);
    this.stamp(client, true);
  }

  /** A client that has had nothing for long starts afresh, as its queue had been freed. */
  private wake(client: number): void {
    if (this.queues.active[client] > 0) return;
    if (this.sim.now - this.idleSince[client] < this.settings.cleanupNs) return;
    this.forget(client);
  }

  private forget(client: number): void {
    this.reservations.forget(client);
    this.weights.tags[client] = Number.NEGATIVE_INFINITY;
    this.limits.forget(client);
  }

  /** Takes the row at the head of a client's queue. */
  protected take(client: number): Io {
    const io = this.queues.shift(client);
    this.queues.active[client]++;
    if (this.queues.heads[client] === NO_IO) this.withdraw(client);
    else this.stamp(client, false);
    return io;
  }

  /**
   * Computes the tags of the row at the head of a client's queue.
   * @param isFresh it found the queue empty; otherwise it follows one that starts now
   */
  private stamp(client: number, isFresh: boolean): void {
    const io = this.queues.heads[client];
    const { now } = this.sim;
    const cost = this.cost(io, client);
    this.costOfHead[client] = cost;
    if (cost > this.costMax[client]) this.costMax[client] = cost;
    if (this.reservations.reserves(client)) {
      this.reservations.stamp(client, this.dues(io, client), isFresh);
    }
    const { tags } = this.weights;
    const perWeight = this.perWeight[client];
    tags[client] += cost * perWeight;
    if (isFresh) {
      this.limits.begin(client, cost, now);
      tags[client] = this.atLeast(client);
      this.limitBound[client] = 0;
    } else {
      const hadShares = this.limitBound[client] === 1;
      this.limits.follow(client, cost, now, this.costMax[client], hadShares);
      if (hadShares) this.catchUp(client);
    }
    const ahead = this.settings.idleCredit + AHEAD_COMMANDS * this.costMax[client];
    tags[client] = Math.min(tags[client], this.virtualNow + ahead * perWeight);
    this.place(client);
  }

  /**
   * A client's share tag, but no further behind the others than the idle credit allows. Commands
   * still in flight are no idleness: they count beside it.
   */
  private atLeast(client: number): number {
    const least = this.virtualNow - this.credit(client) * this.perWeight[client];
    return Math.max(this.weights.tags[client], least);
  }

  /** Units a client may be behind the others. */
  protected credit(client: number): number {
    return this.settings.idleCredit + this.queues.active[client];
  }

  /** Puts a waiting client among those that may start or those that have to wait. */
  protected place(client: number): void {
    if (this.queues.held[client] !== 0) return;
    if (this.limits.close(client, this.sim.now)) {
      this.reservations.waiting.remove(client);
      this.weights.remove(client);
      return;
    }
    if (this.reservations.reserves(client)) this.reservations.waiting.put(client);
    if (this.perWeight[client] > 0) this.weights.put(client);
  }

  /** A client's limit holds it back no longer. */
  private release(client: number): void {
    this.limits.open(client, this.sim.now);
    this.catchUp(client);
    this.place(client);
  }

  /** That a client got less than its shares because of its limit is no claim on the others. */
  private catchUp(client: number): void {
    const { tags } = this.weights;
    const isBehind = tags[client] < this.virtualNow;
    this.limitBound[client] = isBehind ? 1 : 0;
    if (isBehind) tags[client] = this.virtualNow;
  }

  /** Takes a client out of all heaps. */
  protected withdraw(client: number): void {
    this.reservations.waiting.remove(client);
    this.weights.remove(client);
    this.limits.open(client, this.sim.now);
  }

  private add(): void {
    const client = this.clientCount++;
    const room = this.queues.reserve(this.clientCount);
    if (room > this.byWeight.length) this.grow(room);
    this.reservations.reserve(room);
    this.weights.reserve(room);
    this.limits.reserve(room);
    this.forget(client);
  }

  private grow(room: number): void {
    this.byReservation = wider(this.byReservation, room);
    this.byWeight = wider(this.byWeight, room);
    this.perWeight = wider(this.perWeight, room);
    this.costOfHead = wider(this.costOfHead, room);
    this.costMax = wider(this.costMax, room);
    const bound = this.limitBound;
    this.limitBound = new Uint8Array(room);
    this.limitBound.set(bound);
    this.idleSince = wider(this.idleSince, room);
  }
}
