import { assert } from '../../core/assert.js';
import type { Lane } from '../../core/events.js';
import type { Io } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { TRAFFIC_FIELDS, Traffic } from '../../core/traffic.js';
import type { AdapterPlan } from '../../plan/plan.js';
import { Coalescer, type Interrupted } from './coalescer.js';
import { type DriverFamily, INTERRUPT_NS } from './family.js';
import { type DriverState, Lifecycle } from './lifecycle.js';
import { moduleOf } from './modules.js';
import { native } from './native.js';

export interface DriverOptions {
  readonly host: string;
  readonly adapter: AdapterPlan;
}

/**
 * The device driver of one vmhba: what a command costs on its way to the hardware and back, and the
 * life of the device under the VMkernel device layer. This class is a native driver; `vmklinux` is
 * the other family.
 *
 * Down: no event; the cost is carried in `readyAt`. Up: the nexus says in `readyAt` when the answer
 * is here; one event after the completion cost gives it back. An adaptive adapter interrupts at once
 * when idle, and answers close behind ride along: its interrupts are counted, not waited for.
 */
export class Driver extends Layer implements Interrupted {
  readonly entity: Entity;
  readonly family: DriverFamily;
  /** Longest transfer the hardware takes. */
  readonly maxTransferBytes: number;
  /** Commands the hardware has. */
  active = 0;

  protected readonly lane: Lane;
  protected readonly sentAt: Float64Array;
  protected readonly busySlot: number;
  protected readonly coalescer: Coalescer | undefined;
  private readonly lifecycle: Lifecycle;
  private readonly traffic: Traffic;
  private readonly canQueue: number;
  private readonly rideAlongNs: number;
  private readonly listeners: (() => void)[] = [];
  private laneAt = 0;
  private interruptEndAt = -1;
  /** To be called once the last command is back. */
  private drained: (() => void) | undefined;

  constructor(sim: Sim, options: DriverOptions, family: DriverFamily = native) {
    const { host, adapter } = options;
    super(sim, `${host} ${adapter.name} ${adapter.driver}`);
    this.family = family;
    const module = moduleOf(adapter);
    this.maxTransferBytes = module.maxTransferBytes;
    this.canQueue = adapter.aqlen;
    const labels = { host, module: adapter.driver, family: family.name };
    const fields = [...TRAFFIC_FIELDS, 'busyNs', 'interrupts'];
    this.entity = sim.meters.define('driver', adapter.name, labels, fields);
    this.busySlot = this.entity.slot('busyNs');
    this.traffic = new Traffic(sim, this.entity);
    this.sentAt = sim.requests.column('adapter.sentAt', Float64Array);
    this.lane = sim.lane(this);
    const { adaptive, maxNs, maxCount } = adapter.coalesce ?? module.coalesce;
    this.rideAlongNs = adaptive ? maxNs : 0;
    if (!adaptive && maxNs > 0 && maxCount > 1) {
      this.coalescer = new Coalescer(sim, `${this.name} interrupts`, maxNs, maxCount, this);
    }
    this.lifecycle = new Lifecycle(sim, `${host} ${adapter.name} ${adapter.driver}`);
    this.lifecycle.boot();
  }

  get state(): DriverState {
    return this.lifecycle.state;
  }

  /** It takes whatever AQLEN lets through. */
  get unconditional(): boolean {
    return this.lifecycle.state === 'started';
  }

  /** Takes the command now; false is WOULD_BLOCK. */
  admits(_io: Io): boolean {
    return this.lifecycle.state === 'started';
  }

  /** Calls `listener` after the driver began or ceased to take commands. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Takes no more commands and calls back once it has none left. */
  quiesce(why: string, drained: () => void): void {
    this.lifecycle.move('quiesce', why);
    this.notify();
    this.whenIdle(drained);
  }

  /** Takes commands again after `quiesce`. */
  resume(why: string): void {
    this.drained = undefined;
    this.lifecycle.move('start', why);
    this.notify();
  }

  /** Gives the quiesced device back to the device layer. */
  detach(why: string): void {
    assert(this.active === 0, 'a driver was detached with commands in the hardware');
    this.lifecycle.move('detach', why);
  }

  /** The device has vanished: no access to it any more; what is under way comes back as lost. */
  forget(why: string): void {
    // Put in again and pulled out again before the last of the earlier one was gone: still gone.
    if (this.lifecycle.state !== 'forgotten') this.lifecycle.move('forget', why);
    this.notify();
    this.whenIdle(() => this.lifecycle.move('remove', 'nothing of it is left'));
  }

  /** Attach, scan and start of a device that has been put in; after the last of an earlier one. */
  bringUp(why: string): void {
    if (this.lifecycle.state === 'forgotten') {
      this.whenIdle(() => {
        this.lifecycle.move('remove', 'nothing of it is left');
        this.bringUp(why);
      });
      return;
    }
    this.lifecycle.move('attach', why);
    this.lifecycle.move('scan', why);
    this.lifecycle.move('start', why);
    this.notify();
  }

  override submit(io: Io): void {
    const { now, requests, layers } = this.sim;
    assert(this.active < this.canQueue, 'an adapter gave its driver more than it can queue');
    this.active++;
    this.sentAt[io] = now;
    requests.readyAt[io] = now + this.family.submitNs;
    this.entity.values[this.busySlot] += this.family.submitNs + this.family.completeNs;
    this.enter(io);
    layers[requests.nexus[io]].submit(io);
  }

  override complete(io: Io): void {
    if (this.coalescer !== undefined) {
      this.coalescer.submit(io);
      return;
    }
    const { now, requests } = this.sim;
    const arrivesAt = requests.readyAt[io];
    const at = (arrivesAt > now ? arrivesAt : now) + this.family.completeNs;
    this.interruptFor(at);
    this.finishAt(at, io);
  }

  override fire(io: Io): void {
    const { now, requests } = this.sim;
    const { op, blocks, status } = requests;
    this.active--;
    this.traffic.add(op[io], blocks[io], now - this.sentAt[io], status[io]);
    this.leave(io).complete(io);
    if (this.drained !== undefined) this.checkDrained();
  }

  interrupt(): void {
    this.countInterrupt();
  }

  receive(io: Io): void {
    this.finishAt(this.sim.now + this.family.completeNs, io);
  }

  /** Counts the interrupt that brings an answer, unless one under way does. */
  protected interruptFor(at: number): void {
    if (at <= this.interruptEndAt) return;
    this.countInterrupt();
    this.interruptEndAt = at + this.rideAlongNs;
  }

  private countInterrupt(): void {
    this.entity.values[this.busySlot] += INTERRUPT_NS;
    this.entity.values[this.busySlot + 1]++;
  }

  protected finishAt(at: number, io: Io): void {
    if (at >= this.laneAt) {
      this.laneAt = at;
      this.lane.push(at, io);
    } else {
      this.sim.events.push(at, this.index, io);
    }
  }

  private whenIdle(action: () => void): void {
    this.drained = action;
    this.checkDrained();
  }

  private checkDrained(): void {
    if (this.active > 0) return;
    const action = this.drained;
    // From an event of its own: not from inside a command's way.
    this.sim.timers.delay(0, () => {
      if (this.drained !== action || this.active > 0) return;
      this.drained = undefined;
      action?.();
    });
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}
