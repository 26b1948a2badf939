import { type Io, NO_IO } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { Station } from '../../core/station.js';
import { Traffic } from '../../core/traffic.js';
import type { Qos } from '../../simulation/plan.js';
import { DepthControl } from './depth-control.js';
import { MClock } from './mclock.js';
import { SCHEDULER_DEFAULTS, type SchedulerSettings } from './settings.js';
import { NO_CLIENT } from './tag-heap.js';
import { WorldQueue } from './world-queue.js';

export interface DeviceQueueOptions {
  readonly host: string;
  /** `naa.6...`: the device's name. */
  readonly uid: string;
  /** The device's figures (`stack/device-entity.ts`); multipathing and VAAI write their own part. */
  readonly entity: Entity;
  /** Commands the device may have at once (DQLEN). */
  readonly dqlen: number;
  readonly settings?: Partial<SchedulerSettings>;
}

/**
 * The queue of a logical device on a host: the one place where commands of different virtual
 * machines compete. At most DQLEN are below; mClock chooses who is next. What waits here is QAVG.
 */
export class DeviceQueue extends Layer {
  readonly entity: Entity;

  private readonly host: string;
  private readonly uid: string;
  private readonly station: Station;
  private readonly traffic: Traffic;
  private readonly clock: MClock;
  private readonly depth: DepthControl;
  private readonly worlds = new Map<number, WorldQueue>();
  /** The world of each client of the scheduler. */
  private readonly worldOf: WorldQueue[] = [];
  private readonly deviceNsSlot: number;
  private readonly queueNsSlot: number;
  /** What each command below has waited here; counted when it is done, as its latency is. */
  private readonly waitedNs: Float64Array;
  /** When the earliest event asked for fires; infinite when none is under way. */
  private wakeAt = Number.POSITIVE_INFINITY;

  constructor(
    sim: Sim,
    { host, uid, entity, dqlen, settings }: DeviceQueueOptions,
    private readonly lower: Layer,
  ) {
    super(sim, `device ${host}:${uid}`);
    this.host = host;
    this.uid = uid;

    this.entity = entity;
    this.deviceNsSlot = this.entity.slot('deviceReadNs');
    this.queueNsSlot = this.entity.slot('queueReadNs');
    const known = { ...SCHEDULER_DEFAULTS, ...settings };
    this.depth = new DepthControl(dqlen, known);
    const arrivedAt = sim.requests.column('device.arrivedAt', Float64Array);
    this.waitedNs = sim.requests.column('device.waitedNs', Float64Array);
    this.clock = new MClock(sim, arrivedAt, known);
    this.station = new Station(sim, 'device', this.entity, dqlen, this.clock);
    this.traffic = new Traffic(sim, this.entity);
  }

  /** Commands waiting here. */
  get queued(): number {
    return this.station.queued;
  }

  /** Commands below. */
  get active(): number {
    return this.station.active;
  }

  /** Makes a virtual disk known, or changes its settings while it runs. */
  setQos(disk: number, world: number, vm: string, qos: Qos): void {
    const client = this.clock.setQos(disk, qos);
    let queue = this.worlds.get(world);
    if (queue === undefined) {
      const options = { host: this.host, device: this.uid, vm };
      queue = new WorldQueue(this.sim, options, this.clock);
      this.worlds.set(world, queue);
    }
    this.worldOf[client] = queue;
    queue.setQos(client, qos);
    this.pump();
  }

  /** Changes DQLEN; commands beyond a smaller one stay below until they are done. */
  setDepth(dqlen: number): void {
    this.depth.setFull(dqlen);
    this.station.slots = dqlen;
    this.pump();
  }

  override submit(io: Io): void {
    const { deviceNs, disk } = this.sim.requests;
    deviceNs[io] = 0;
    const client = this.clock.clientAt(disk[io]);
    this.enter(io);
    this.station.arrive(io);
    if (client !== NO_CLIENT) this.worldOf[client].queued++;
    if (this.station.active < this.station.slots) this.pump();
  }

  override complete(io: Io): void {
    const { op, blocks, status, disk, deviceNs } = this.sim.requests;
    const kind = op[io] < 2 ? op[io] : 2;
    const latencyNs = this.sim.now - this.station.arrivalOf(io);
    this.station.finish(io);
    this.traffic.add(op[io], blocks[io], latencyNs, status[io]);
    this.entity.values[this.deviceNsSlot + kind] += deviceNs[io];
    this.entity.values[this.queueNsSlot + kind] += this.waitedNs[io];
    const client = this.clock.clientAt(disk[io]);
    if (client !== NO_CLIENT) {
      const world = this.worldOf[client];
      world.active--;
      world.waitNs += this.waitedNs[io];
      world.traffic.add(op[io], blocks[io], latencyNs, status[io]);
    }
    if (this.station.queued > 0) this.pump();
    this.leave(io).complete(io);
  }

  /** The earliest of the clients that their limits held back may go on. */
  override fire(): void {
    if (this.sim.now < this.wakeAt) return;
    this.wakeAt = Number.POSITIVE_INFINITY;
    this.pump();
  }

  private pump(): void {
    const { station } = this;
    for (let io = station.start(); io !== NO_IO; io = station.start()) this.dispatch(io);
    if (station.queued > 0 && station.active < station.slots) this.wakeBy(this.clock.nextAt());
  }

  private dispatch(io: Io): void {
    const { disk, world } = this.sim.requests;
    const waitedNs = this.sim.now - this.station.arrivalOf(io);
    this.waitedNs[io] = waitedNs;
    const client = this.clock.clientAt(disk[io]);
    if (client !== NO_CLIENT) {
      const queue = this.worldOf[client];
      queue.queued--;
      queue.active++;
      this.depth.note(world[io]);
      this.station.slots = this.depth.depth;
    }
    this.lower.submit(io);
  }

  /** Asks for an event at `at` unless an earlier one is under way. */
  private wakeBy(at: number): void {
    if (at >= this.wakeAt) return;
    this.wakeAt = at;
    this.sim.events.push(at, this.index, NO_IO);
  }
}
