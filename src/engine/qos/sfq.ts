import { Fifo } from '../core/discipline.js';
import { BLOCK_BYTES, type Io, NO_IO } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import type { Qos } from '../plan/plan.js';
import { ClientQueues, wider } from './client-queues.js';
import type { ClientTable } from './clients.js';
import { costOf } from './cost.js';
import { checkQos, type QosDiscipline, type QosSettings } from './discipline.js';
import { LimitGate } from './limit-gate.js';
import { NO_CLIENT, TagHeap } from './tag-heap.js';

/**
 * SFQ(D), the scheduler before mClock (stack-lower 9.2): start-time fair queueing by shares, with
 * batches of sequential commands (5.2). Reservations do not exist; limits count whole guest I/Os,
 * whatever their size (9.1).
 */
export class Sfq implements QosDiscipline {
  byReservation = new Float64Array(8);
  byWeight = new Float64Array(8);

  private readonly unitBlocks: number;
  private readonly queues: ClientQueues;
  /** Clients that may start, by the start tag of the command at their head. */
  private readonly starts = new TagHeap();
  private readonly limits = new LimitGate();
  private perWeight = new Float64Array(8);
  /** Finish tag of the command that was charged last. */
  private finishes = new Float64Array(8);
  private clientCount = 0;

  private readonly system = new Fifo();
  private systemQueued = 0;
  private virtualNow = 0;
  /** The greatest finish tag of all, and how many commands are in flight. */
  private furthest = 0;
  private inFlight = 0;
  /** The batch: whose it is, how many it has had, and where the last one was. */
  private current = NO_CLIENT;
  private inBatch = 0;
  private lastLba = 0;

  constructor(
    private readonly sim: Sim,
    private readonly clients: ClientTable,
    private readonly settings: QosSettings,
  ) {
    this.unitBlocks = settings.costUnitBytes / BLOCK_BYTES;
    this.queues = new ClientQueues(sim.requests.next);
  }

  setClient(client: number, qos: Qos): void {
    checkQos(client, qos);
    while (this.clientCount <= client) this.add();
    const isWaiting = this.queues.heads[client] !== NO_IO;
    if (isWaiting) this.withdraw(client);
    // Without shares there is nothing to go by; one share is the least there is.
    const perWeight = 1 / Math.max(1, qos.shares);
    if (perWeight !== this.perWeight[client]) {
      this.perWeight[client] = perWeight;
      this.starts.tags[client] = Math.min(this.starts.tags[client], this.virtualNow);
      const start = isWaiting ? this.starts.tags[client] : this.virtualNow;
      const cost = isWaiting ? this.cost(this.queues.heads[client]) * perWeight : 0;
      this.finishes[client] = Math.min(this.finishes[client], start + cost);
    }
    this.limits.setLimit(client, qos.limit, isWaiting ? 1 : 0, this.sim.now);
    if (isWaiting) this.place(client);
  }

  push(io: Io): void {
    const client = this.clients.at(this.sim.requests.disk[io]);
    if (client === NO_CLIENT) {
      this.system.push(io);
      this.systemQueued++;
      return;
    }
    if (!this.queues.push(client, io)) return;
    this.limits.begin(client, 1, this.sim.now);
    this.stamp(client);
  }

  pop(): Io {
    if (this.systemQueued > 0) {
      this.systemQueued--;
      return this.system.pop();
    }
    const { now } = this.sim;
    const { limits, starts } = this;
    while (limits.closed.least <= now) this.release(limits.closed.first);
    const client = this.goesOn() ? this.current : starts.first;
    if (client === NO_CLIENT) return NO_IO;
    this.inBatch = client === this.current ? this.inBatch + 1 : 1;
    this.current = client;
    const tag = starts.tags[client];
    if (tag > this.virtualNow) this.virtualNow = tag;
    this.byWeight[client]++;
    this.queues.active[client]++;
    this.inFlight++;
    if (this.finishes[client] > this.furthest) this.furthest = this.finishes[client];
    const io = this.queues.shift(client);
    this.lastLba = this.sim.requests.lba[io];
    if (this.queues.heads[client] === NO_IO) {
      this.withdraw(client);
    } else {
      limits.follow(client, 1, now, 1, false);
      this.stamp(client);
    }
    return io;
  }

  pass(client: number): void {
    this.byWeight[client]++;
    this.queues.active[client]++;
    this.inFlight++;
  }

  finish(client: number): void {
    this.queues.active[client]--;
    // Once all are idle nobody is ahead of anybody.
    if (--this.inFlight === 0 && this.queues.waiting === 0) this.virtualNow = this.furthest;
  }

  hold(client: number, held: boolean): void {
    this.queues.held[client] = held ? 1 : 0;
    if (this.queues.heads[client] === NO_IO) return;
    if (held) this.withdraw(client);
    else this.place(client);
  }

  nextAt(): number {
    return Math.ceil(this.limits.closed.least);
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
    if (this.queues.heads[client] !== io) return this.queues.cut(client, io);
    this.withdraw(client);
    this.finishes[client] = this.starts.tags[client];
    this.limits.refund(client, 1);
    this.queues.shift(client);
    if (this.queues.heads[client] !== NO_IO) {
      this.limits.follow(client, 1, this.sim.now, 1, false);
      this.stamp(client);
    }
    return true;
  }

  private cost(io: Io): number {
    const { op, blocks } = this.sim.requests;
    return costOf(op[io], blocks[io], this.unitBlocks);
  }

  /** The batch goes on: its quantum is not used up, and the next command is close to the last. */
  private goesOn(): boolean {
    const { current, settings } = this;
    if (current === NO_CLIENT || this.inBatch >= settings.quantum) return false;
    if (!this.starts.has(current)) return false;
    const distance = this.sim.requests.lba[this.queues.heads[current]] - this.lastLba;
    return Math.abs(distance) <= settings.sectorMaxDiff;
  }

  /** Computes start and finish tag of the row at the head of a client's queue. */
  private stamp(client: number): void {
    const { tags } = this.starts;
    tags[client] = Math.max(this.virtualNow, this.finishes[client]);
    const cost = this.cost(this.queues.heads[client]);
    this.finishes[client] = tags[client] + cost * this.perWeight[client];
    this.place(client);
  }

  private place(client: number): void {
    if (this.queues.held[client] !== 0) return;
    if (this.limits.close(client, this.sim.now)) this.starts.remove(client);
    else this.starts.put(client);
  }

  /** A client's limit holds it back no longer; like one that was idle it gains nothing by it. */
  private release(client: number): void {
    const { tags } = this.starts;
    const late = this.virtualNow - tags[client];
    if (late > 0) {
      tags[client] += late;
      this.finishes[client] += late;
    }
    this.limits.open(client, this.sim.now);
    this.place(client);
  }

  private withdraw(client: number): void {
    this.starts.remove(client);
    this.limits.open(client, this.sim.now);
  }

  private add(): void {
    const client = this.clientCount++;
    const room = this.queues.reserve(this.clientCount);
    if (room > this.byWeight.length) {
      this.byReservation = wider(this.byReservation, room);
      this.byWeight = wider(this.byWeight, room);
      this.perWeight = wider(this.perWeight, room);
      this.finishes = wider(this.finishes, room);
    }
    this.starts.reserve(room);
    this.limits.reserve(room);
    this.limits.forget(client);
  }
}
