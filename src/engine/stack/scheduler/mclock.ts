import { assert } from '../../core/assert.js';
import { type Discipline, Fifo } from '../../core/discipline.js';
import { InputError } from '../../core/errors.js';
import { BLOCK_BYTES, type Io, movesData, NO_IO } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import type { Qos } from '../../simulation/plan.js';
import type { SchedulerSettings } from './settings.js';
import { NO_CLIENT, TagHeap } from './tag-heap.js';

const SECOND = 1e9;

/** Units of cost of a command: one per started `unitBlocks` of data, one without data. */
export function costOf(op: number, blocks: number, unitBlocks: number): number {
  return movesData(op) && blocks > unitBlocks ? Math.ceil(blocks / unitBlocks) : 1;
}

/**
 * mClock (Gulati, Merchant, Varman, 2010) in the form of stack-lower 9.4: reservations and limits
 * have tags in real time (ns), shares have tags in virtual time (cost per share). Each client, a
 * virtual disk, has a FIFO of rows linked through one column, and tags only for the row at its
 * head: they are computed when the row gets there, from the time it arrived.
 *
 * Commands of the VMkernel itself belong to no virtual disk; they go first and cost nothing.
 */
export class MClock implements Discipline {
  /** Commands started because a reservation was due, and by shares; per client. */
  byReservation = new Float64Array(8);
  byWeight = new Float64Array(8);

  private readonly reservations = new TagHeap();
  /** Clients held back by their limits. */
  private readonly limits = new TagHeap();
  /** Clients that may start by their shares. */
  private readonly weights = new TagHeap();

  /** Real or virtual time that one unit of cost takes; 0 is no reservation, no limit. */
  private perReservation = new Float64Array(8);
  private perLimit = new Float64Array(8);
  private perWeight = new Float64Array(8);
  private heads = new Int32Array(8).fill(NO_IO);
  private tails = new Int32Array(8).fill(NO_IO);
  private clientOf = new Int32Array(8).fill(NO_CLIENT);
  private clients = 0;
  private backlogged = 0;

  private readonly system = new Fifo();
  private systemQueued = 0;
  /** A row that found nothing queued and whose client has only shares: needs no heap. */
  private alone: Io = NO_IO;
  private lastWeightTag = 0;

  private readonly unitBlocks: number;
  private readonly next: Int32Array;

  /** @param arrivedAt column of the station's arrival times */
  constructor(
    private readonly sim: Sim,
    private readonly arrivedAt: Float64Array,
    private readonly settings: SchedulerSettings,
  ) {
    this.unitBlocks = settings.costUnitBytes / BLOCK_BYTES;
    this.next = sim.requests.next;
  }

  /** Number of a virtual disk's client, or NO_CLIENT for commands that belong to none. */
  clientAt(disk: number): number {
    if (disk < 0) return NO_CLIENT;
    const client = this.clientOf[disk];
    assert(client >= 0, 'a command of a virtual disk that the device queue does not know');
    return client;
  }

  /** Adds a virtual disk or changes its settings; returns its client number. */
  setQos(disk: number, qos: Qos): number {
    if (!(qos.shares > 0 && qos.reservation >= 0 && qos.limit >= 0)) {
      throw InputError.of(
        `scheduler settings of disk ${disk}`,
        `shares ${qos.shares}, reservation ${qos.reservation}, limit ${qos.limit}`,
        'shares are positive; reservation and limit are 0 or more',
      );
    }
    this.settle();
    if (disk >= this.clientOf.length || this.clientOf[disk] === NO_CLIENT) this.add(disk);
    const client = this.clientOf[disk];
    const waiting = this.heads[client] !== NO_IO;
    this.perWeight[client] = 1 / qos.shares;
    const perReservation = qos.reservation === 0 ? 0 : SECOND / qos.reservation;
    if (perReservation !== this.perReservation[client]) {
      this.perReservation[client] = perReservation;
      this.reservations.tags[client] = this.rebase(client, this.reservations, perReservation);
      if (waiting && perReservation > 0) this.reservations.put(client);
      else this.reservations.remove(client);
    }
    const perLimit = qos.limit === 0 ? 0 : SECOND / qos.limit;
    if (perLimit !== this.perLimit[client]) {
      this.perLimit[client] = perLimit;
      this.limits.tags[client] = this.rebase(client, this.limits, perLimit);
      // A limit leaves shares unused; they are no claim on the time after it (trap 3 of 9.6).
      const { tags } = this.weights;
      this.weights.remove(client);
      tags[client] = Math.max(tags[client], this.wakeTag(client));
      if (waiting) this.place(client);
    }
    return client;
  }

  push(io: Io): void {
    const client = this.clientAt(this.sim.requests.disk[io]);
    if (client === NO_CLIENT) {
      this.system.push(io);
      this.systemQueued++;
      return;
    }
    if (this.backlogged === 0 && this.alone === NO_IO) {
      if (this.perReservation[client] === 0 && this.perLimit[client] === 0) {
        this.alone = io;
        return;
      }
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
    const { now } = this.sim;
    const { reservations, limits, weights } = this;
    if (reservations.least <= now) {
      const client = reservations.first;
      this.byReservation[client]++;
      return this.take(client);
    }
    while (limits.least <= now) {
      const client = limits.first;
      limits.remove(client);
      weights.put(client);
    }
    const client = weights.first;
    if (client === NO_CLIENT) return NO_IO;
    this.byWeight[client]++;
    // What a client gets by its shares does not use up its reservation.
    if (this.perReservation[client] > 0) {
      reservations.tags[client] -= this.cost(this.heads[client]) * this.perReservation[client];
    }
    return this.take(client);
  }

  /** When the next of the held-back clients may start, ns; infinite when none is held back. */
  nextAt(): number {
    return Math.ceil(Math.min(this.reservations.least, this.limits.least));
  }

  remove(io: Io): boolean {
    const client = this.clientAt(this.sim.requests.disk[io]);
    if (client === NO_CLIENT) {
      if (!this.system.remove(io)) return false;
      this.systemQueued--;
      return true;
    }
    this.settle();
    if (this.heads[client] === io) {
      this.refund(client, this.cost(io));
      this.advance(client);
      return true;
    }
    for (let before = this.heads[client]; before !== NO_IO; before = this.next[before]) {
      if (this.next[before] !== io) continue;
      this.next[before] = this.next[io];
      if (this.tails[client] === io) this.tails[client] = before;
      return true;
    }
    return false;
  }

  private cost(io: Io): number {
    const { op, blocks } = this.sim.requests;
    return costOf(op[io], blocks[io], this.unitBlocks);
  }

  /** Starts the row that needed no heap; its client's share tag moves all the same. */
  private takeAlone(): Io {
    const io = this.alone;
    this.alone = NO_IO;
    const client = this.clientOf[this.sim.requests.disk[io]];
    const { tags } = this.weights;
    tags[client] = Math.max(
      tags[client] + this.cost(io) * this.perWeight[client],
      this.wakeTag(client),
    );
    this.lastWeightTag = tags[client];
    this.byWeight[client]++;
    return io;
  }

  /** Moves the row that stood alone to its client's queue: the heaps are needed from here on. */
  private settle(): void {
    if (this.alone === NO_IO) return;
    const io = this.alone;
    this.alone = NO_IO;
    this.enqueue(this.clientOf[this.sim.requests.disk[io]], io);
  }

  private enqueue(client: number, io: Io): void {
    this.next[io] = NO_IO;
    if (this.heads[client] !== NO_IO) {
      this.next[this.tails[client]] = io;
      this.tails[client] = io;
      return;
    }
    this.heads[client] = io;
    this.tails[client] = io;
    this.backlogged++;
    this.stamp(client, this.wakeTag(client));
  }

  /** Takes the row at the head of a client's queue. */
  private take(client: number): Io {
    const io = this.heads[client];
    this.lastWeightTag = this.weights.tags[client];
    this.advance(client);
    return io;
  }

  private advance(client: number): void {
    const io = this.next[this.heads[client]];
    this.heads[client] = io;
    if (io !== NO_IO) {
      this.stamp(client, Number.NEGATIVE_INFINITY);
      return;
    }
    this.backlogged--;
    this.reservations.remove(client);
    this.limits.remove(client);
    this.weights.remove(client);
  }

  /**
   * Computes the tags of the row at the head of a client's queue.
   * @param floor least share tag it may have
   */
  private stamp(client: number, floor: number): void {
    const io = this.heads[client];
    const cost = this.cost(io);
    const arrivedAt = this.arrivedAt[io];
    const perReservation = this.perReservation[client];
    if (perReservation > 0) {
      const { tags } = this.reservations;
      tags[client] = Math.max(tags[client] + cost * perReservation, arrivedAt);
      this.reservations.put(client);
    }
    const perLimit = this.perLimit[client];
    if (perLimit > 0) {
      const { tags } = this.limits;
      tags[client] = Math.max(tags[client] + cost * perLimit, arrivedAt);
    }
    const { tags } = this.weights;
    tags[client] = Math.max(tags[client] + cost * this.perWeight[client], floor);
    this.place(client);
  }

  /** Puts a waiting client among those that may start by shares or those that have to wait. */
  private place(client: number): void {
    if (this.perLimit[client] === 0 || this.limits.tags[client] <= this.sim.now) {
      this.limits.remove(client);
      this.weights.put(client);
    } else {
      this.weights.remove(client);
      this.limits.put(client);
    }
  }

  /**
   * Least share tag of a client that had nothing queued: where the others are, less the idle credit.
   * Without it a client that slept would have the device to itself until it had caught up.
   */
  private wakeTag(client: number): number {
    const others = this.weights.size === 0 ? this.lastWeightTag : this.weights.least;
    return others - this.settings.idleCredit * this.perWeight[client];
  }

  /** Takes back what the tags of a row that leaves without having started had been charged. */
  private refund(client: number, cost: number): void {
    this.reservations.tags[client] -= cost * this.perReservation[client];
    this.limits.tags[client] -= cost * this.perLimit[client];
    this.weights.tags[client] -= cost * this.perWeight[client];
  }

  /** A rate's tag after the rate has changed: one interval from now at most, no claim on the past. */
  private rebase(client: number, heap: TagHeap, interval: number): number {
    const { now } = this.sim;
    if (this.heads[client] === NO_IO) return Math.min(heap.tags[client], now);
    return Math.max(now, Math.min(heap.tags[client], now + interval));
  }

  private add(disk: number): void {
    const client = this.clients++;
    if (disk >= this.clientOf.length) {
      const wider = new Int32Array(Math.max(disk + 1, this.clientOf.length * 2)).fill(NO_CLIENT);
      wider.set(this.clientOf);
      this.clientOf = wider;
    }
    this.clientOf[disk] = client;
    this.reservations.reserve(this.clients);
    this.limits.reserve(this.clients);
    this.weights.reserve(this.clients);
    if (this.clients > this.heads.length) this.grow(this.heads.length * 2);
    this.reservations.tags[client] = Number.NEGATIVE_INFINITY;
    this.limits.tags[client] = Number.NEGATIVE_INFINITY;
    this.weights.tags[client] = Number.NEGATIVE_INFINITY;
  }

  private grow(length: number): void {
    const numbers = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const wider = new Float64Array(length);
      wider.set(old);
      return wider;
    };
    const rows = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const wider = new Int32Array(length).fill(NO_IO);
      wider.set(old);
      return wider;
    };
    this.byReservation = numbers(this.byReservation);
    this.byWeight = numbers(this.byWeight);
    this.perReservation = numbers(this.perReservation);
    this.perLimit = numbers(this.perLimit);
    this.perWeight = numbers(this.perWeight);
    this.heads = rows(this.heads);
    this.tails = rows(this.tails);
  }
}
