import { assert } from '../../core/assert.js';
import type { Lane } from '../../core/events.js';
import type { Io } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { TRAFFIC_FIELDS, Traffic } from '../../core/traffic.js';
import type { AdapterPlan } from '../../simulation/plan.js';
import type { DriverFamily } from './family.js';
import { moduleOf } from './modules.js';
import { native } from './native.js';
import { vmklinux } from './vmklinux.js';

export interface DriverOptions {
  readonly host: string;
  readonly adapter: AdapterPlan;
}

/** Driver families by name. */
export const DRIVER_FAMILIES = { native, vmklinux } as const;

/**
 * The device driver of one vmhba: what a command costs on its way to the hardware and back.
 *
 * Down: no event; the cost is carried in `readyAt`, and commands of a family with one lock per
 * adapter become ready one after another. Up: the nexus says in `readyAt` when the answer is here;
 * one event after the completion cost gives it back. Interrupts are counted, not waited for: an
 * adaptive adapter interrupts at once when idle, and answers close behind ride along.
 */
export class Driver extends Layer {
  readonly entity: Entity;
  readonly family: DriverFamily;
  /** Longest transfer the hardware takes. */
  readonly maxTransferBytes: number;
  /** Commands the hardware has. */
  active = 0;

  private readonly traffic: Traffic;
  private readonly sentAt: Float64Array;
  private readonly lane: Lane;
  private laneAt = 0;
  private lockFreeAt = 0;
  private readonly unlockedNs: number;
  private readonly coalesceNs: number;
  private interruptEndAt = -1;
  private readonly canQueue: number;
  private readonly busySlot: number;

  constructor(sim: Sim, options: DriverOptions) {
    const { host, adapter } = options;
    super(sim, `${host} ${adapter.name} ${adapter.driver}`);
    this.family = DRIVER_FAMILIES[adapter.family];
    this.unlockedNs = this.family.submitNs - this.family.lockNs;
    const module = moduleOf(adapter);
    this.maxTransferBytes = module.maxTransferBytes;
    this.coalesceNs = module.coalesceNs;
    this.canQueue = adapter.aqlen;
    const labels = { host, module: adapter.driver, family: adapter.family };
    const fields = [...TRAFFIC_FIELDS, 'busyNs', 'interrupts'];
    this.entity = sim.meters.define('driver', adapter.name, labels, fields);
    this.busySlot = this.entity.slot('busyNs');
    this.traffic = new Traffic(sim, this.entity);
    this.sentAt = sim.requests.column('adapter.sentAt', Float64Array);
    this.lane = sim.lane(this);
  }

  override submit(io: Io): void {
    const { now, requests, layers } = this.sim;
    assert(this.active < this.canQueue, 'an adapter gave its driver more than it can queue');
    this.active++;
    this.sentAt[io] = now;
    const asksAt = now + this.unlockedNs;
    const locksAt = asksAt > this.lockFreeAt ? asksAt : this.lockFreeAt;
    this.lockFreeAt = locksAt + this.family.lockNs;
    requests.readyAt[io] = this.lockFreeAt;
    // A processor spins while it waits for the lock.
    this.entity.values[this.busySlot] += this.lockFreeAt - now + this.family.completeNs;
    this.enter(io);
    layers[requests.nexus[io]].submit(io);
  }

  override complete(io: Io): void {
    const { now, requests, events } = this.sim;
    const arrivesAt = requests.readyAt[io];
    const at = (arrivesAt > now ? arrivesAt : now) + this.family.completeNs;
    if (at > this.interruptEndAt) {
      this.entity.values[this.busySlot + 1]++;
      this.interruptEndAt = at + this.coalesceNs;
    }
    if (at >= this.laneAt) {
      this.laneAt = at;
      this.lane.push(at, io);
    } else {
      events.push(at, this.index, io);
    }
  }

  override fire(io: Io): void {
    const { now, requests } = this.sim;
    const { op, blocks, status } = requests;
    this.active--;
    this.traffic.add(op[io], blocks[io], now - this.sentAt[io], status[io]);
    this.leave(io).complete(io);
  }
}
