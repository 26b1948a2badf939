import { PART_MULTIPATH, PART_QUEUE } from '../../core/breakdown.js';
import { BLOCK_BYTES, type Io, NO_IO, RELEASE } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { Station } from '../../core/station.js';
import { HOST_ABORT, hostStatus } from '../../core/status.js';
import { Traffic } from '../../core/traffic.js';
import type { Qos } from '../../plan/plan.js';
import { ClientTable } from '../../qos/clients.js';
import { costOf } from '../../qos/cost.js';
import type { QosDiscipline } from '../../qos/discipline.js';
import { createDiscipline } from '../../qos/index.js';
import { NO_CLIENT } from '../../qos/tag-heap.js';
import { type AbortCounter, type Recall, type Recaller, recallFrom, WITHDRAWN } from '../recall.js';
import { ClientMeter } from './client-meter.js';
import { DepthControl } from './depth-control.js';
import { FastPath } from './fast-path.js';
import { QueueFullControl } from './queue-full.js';
import { SCHEDULER_DEFAULTS, type SchedulerSettings } from './settings.js';
import { together, WorldQueue } from './world-queue.js';

export interface DeviceQueueOptions {
  readonly host: string;
  /** `naa.6...`: the device's name. */
  readonly uid: string;
  /** The device's figures (`stack/device-entity.ts`); multipathing and VAAI write their own part. */
  readonly entity: Entity;
  /** Commands the device may have at once (DQLEN). */
  readonly dqlen: number;
  readonly settings?: Partial<SchedulerSettings>;
  /** Commands pass the scheduler by while the device answers faster than this; 0 or none never. */
  readonly latencyThresholdNs?: number;
}

/** What a virtual disk is called in the figures of its client. */
export interface DiskNames {
  /** `scsi0:0`. */
  readonly disk: string;
  readonly datastore: string;
}

/**
 * The queue of a logical device on a host: the one place where commands of different virtual
 * machines compete. At most DQLEN are below; a scheduler, mClock if nothing else is set, chooses
 * which client is next. What waits here is QAVG.
 */
export class DeviceQueue extends Layer implements Recaller, AbortCounter {
  readonly entity: Entity;

  private readonly host: string;
  private readonly uid: string;
  private readonly station: Station;
  private readonly traffic: Traffic;
  private readonly settings: SchedulerSettings;
  private readonly unitBlocks: number;
  private readonly table = new ClientTable();
  private readonly discipline: QosDiscipline;
  private readonly depth: DepthControl;
  private readonly queueFull: QueueFullControl;
  private readonly fastPath: FastPath | undefined;
  private readonly worlds = new Map<number, WorldQueue>();
  /** Figures of each client of the scheduler. */
  private readonly meters: ClientMeter[] = [];
  private readonly deviceNsSlot: number;
  private readonly queueNsSlot: number;
  private readonly abortsSlot: number;
  /** What each command below has waited here; counted when it is done, as its latency is. */
  private readonly waitedNs: Float64Array;
  /** 1 for the host's own rows that are carried out under its reservation of the device. */
  private readonly reserved: Uint8Array;
  /** When the earliest event asked for fires; infinite when none is under way. */
  private wakeAt = Number.POSITIVE_INFINITY;

  constructor(
    sim: Sim,
    { host, uid, entity, dqlen, settings, latencyThresholdNs = 0 }: DeviceQueueOptions,
    private readonly lower: Layer,
  ) {
    super(sim, `device ${host}:${uid}`);
    this.host = host;
    this.uid = uid;

    this.entity = entity;
    this.deviceNsSlot = this.entity.slot('deviceReadNs');
    this.queueNsSlot = this.entity.slot('queueReadNs');
    this.abortsSlot = this.entity.slot('aborts');
    const known = { ...SCHEDULER_DEFAULTS, ...settings };
    this.settings = known;
    this.unitBlocks = known.costUnitBytes / BLOCK_BYTES;
    this.depth = new DepthControl(dqlen, known);
    if (latencyThresholdNs > 0) this.fastPath = new FastPath(latencyThresholdNs, known.fastPathNs);
    this.queueFull = new QueueFullControl(dqlen, known);
    this.waitedNs = sim.requests.column('device.waitedNs', Float64Array);
    this.reserved = sim.requests.column('psa.reserved', Uint8Array);
    this.discipline = createDiscipline(sim, this.table, known.kind, known);
    this.station = new Station(sim, 'device', this.entity, dqlen, this.discipline);
    this.traffic = new Traffic(sim, this.entity);
    const earlier = this.entity.refresh;
    const first = this.entity.slot('dqlen');
    this.entity.refresh = () => {
      earlier?.();
      const { values } = this.entity;
      values[first] = this.depth.depth;
      values[first + 1] = this.depth.configuredDepth;
      values[first + 2] = this.queueFull.depth;
      values[first + 3] = this.depth.siocDepth;
      values[first + 4] = this.depth.competing ? 1 : 0;
    };
  }

  /** Commands waiting here. */
  get queued(): number {
    return this.station.queued;
  }

  /** Commands below. */
  get active(): number {
    return this.station.active;
  }

  /**
   * Makes a virtual disk known, or changes its settings while it runs.
   * @throws InputError for settings the scheduler cannot work with
   */
  setQos(disk: number, world: number, vm: string, qos: Qos, names?: DiskNames): void {
    const { perDisk } = this.settings;
    const own = this.worlds.get(world) ?? this.addWorld(world, vm);
    const disks = new Map(own.disks).set(disk, qos);
    const shared = perDisk ? qos : together(disks.values());
    const client = this.clientFor(disk, own);
    this.discipline.setClient(client, shared);
    own.disks.set(disk, qos);
    this.table.assign(disk, client);
    if (this.meters[client] === undefined) {
      const labels = {
        host: this.host,
        device: this.uid,
        vm,
        disk: perDisk ? (names?.disk ?? String(disk)) : '*',
        datastore: names?.datastore ?? '',
      };
      this.meters[client] = new ClientMeter(this.sim, client, own, labels, this.discipline);
      own.add(this.meters[client]);
    }
    this.meters[client].setQos(shared);
    this.fastPath?.setLimited(disk, qos.limit > 0);
    this.pump();
  }

  /** The client of a disk's commands: its own, or its world's where all disks are one client. */
  private clientFor(disk: number, own: WorldQueue): number {
    if (this.table.knows(disk)) return this.table.at(disk);
    const isShared = !this.settings.perDisk && own.disks.size > 0;
    return isShared ? own.firstClient : this.meters.length;
  }

  private addWorld(world: number, vm: string): WorldQueue {
    const depth = this.settings.worldDepth;
    const options = { host: this.host, device: this.uid, vm, depth };
    const own = new WorldQueue(this.sim, options, this.discipline);
    this.worlds.set(world, own);
    return own;
  }

  /** Changes DQLEN; commands beyond a smaller one stay below until they are done. */
  setDepth(dqlen: number): void {
    this.queueFull.setFull(dqlen);
    this.depth.setConfigured(dqlen);
    this.station.slots = this.depth.depth;
    this.pump();
  }

  /** Changes DSNRO, the depth while several worlds compete. */
  setCompetingDepth(depth: number): void {
    this.depth.setCompeting(depth);
    this.station.slots = this.depth.depth;
    this.pump();
  }

  /** The depth the device is configured to have. */
  get configuredDepth(): number {
    return this.depth.configuredDepth;
  }

  /**
   * Storage I/O Control's window: the device gets no more at once, and DSNRO has no say.
   * @param depth commands; 0 when Storage I/O Control is not in charge
   */
  setSiocDepth(depth: number): void {
    this.depth.setSioc(depth);
    this.station.slots = this.depth.depth;
    this.pump();
  }

  /** The device has turned a command away: TASK SET FULL or BUSY (Disk.QFullSampleSize). */
  noteQueueFull(): void {
    if (this.queueFull.refused()) this.throttle(this.queueFull.reason);
  }

  /** Takes a waiting command out; asks multipathing for one that is below. */
  recall(io: Io): Recall {
    if (!this.station.withdraw(io)) return recallFrom(this.lower, io);
    const { disk, status, traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) {
      breakdown.pass(io, PART_QUEUE, this.sim.now);
      breakdown.leaveDevice(io, this.entity);
    }
    status[io] = hostStatus(HOST_ABORT);
    const waitedNs = this.sim.now - this.station.arrivalOf(io);
    const client = this.table.at(disk[io]);
    if (client !== NO_CLIENT) this.meters[client].withdraw();
    this.count(io, client, waitedNs, waitedNs);
    this.leave(io);
    return WITHDRAWN;
  }

  countAborts(aborts: number, resets: number): void {
    this.entity.values[this.abortsSlot] += aborts;
    this.entity.values[this.abortsSlot + 1] += resets;
  }

  override submit(io: Io): void {
    const { deviceNs, disk, traced, breakdown } = this.sim.requests;
    deviceNs[io] = 0;
    if (breakdown.on || traced[io] !== 0) breakdown.enterDevice(io, this.sim.now);
    const client = this.table.at(disk[io]);
    this.enter(io);
    const mayPass =
      this.fastPath?.usable === true && !this.depth.lowered && !this.worldFull(client);
    if (mayPass && this.station.pass(io)) {
      this.waitedNs[io] = 0;
      if (client !== NO_CLIENT) {
        const meter = this.meters[client];
        meter.pass(this.unitsOf(io));
        meter.world.start();
        this.discipline.pass(client);
      }
      this.lower.submit(io);
      return;
    }
    // All other hosts wait for these: they do not wait behind anybody (model).
    if (client === NO_CLIENT && (this.reserved[io] !== 0 || this.sim.requests.op[io] === RELEASE)) {
      this.station.force(io);
      this.waitedNs[io] = 0;
      this.lower.submit(io);
      return;
    }
    this.station.arrive(io);
    if (client !== NO_CLIENT) this.meters[client].arrive(this.unitsOf(io));
    if (this.station.active < this.station.slots) this.pump();
  }

  override complete(io: Io): void {
    const { disk, traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) {
      breakdown.pass(io, PART_MULTIPATH, this.sim.now);
      breakdown.leaveDevice(io, this.entity);
    }
    const latencyNs = this.sim.now - this.station.arrivalOf(io);
    this.station.finish(io);
    const client = this.table.at(disk[io]);
    if (client !== NO_CLIENT) {
      const meter = this.meters[client];
      meter.finish(this.unitsOf(io));
      meter.world.finish();
      this.discipline.finish(client);
    }
    this.count(io, client, latencyNs, this.waitedNs[io]);
    if (this.queueFull.watching) this.noteAnswer(io);
    this.fastPath?.answered(this.sim.now, this.sim.requests.deviceNs[io]);
    if (this.station.queued > 0) this.pump();
    this.leave(io).complete(io);
  }

  /** The earliest of the clients that their limits held back may go on. */
  override fire(): void {
    if (this.sim.now < this.wakeAt) return;
    this.wakeAt = Number.POSITIVE_INFINITY;
    this.pump();
  }

  /** Counts a command that is done. */
  private count(io: Io, client: number, latencyNs: number, waitedNs: number): void {
    const { op, blocks, status, deviceNs } = this.sim.requests;
    const kind = op[io] < 2 ? op[io] : 2;
    this.traffic.add(op[io], blocks[io], latencyNs, status[io]);
    this.entity.values[this.deviceNsSlot + kind] += deviceNs[io];
    this.entity.values[this.queueNsSlot + kind] += waitedNs;
    if (client === NO_CLIENT) return;
    this.meters[client].count(op[io], blocks[io], latencyNs, status[io], waitedNs);
  }

  /** WQLEN holds on the fast path as well: it bounds what a VM has below, not who is next. */
  private worldFull(client: number): boolean {
    return client !== NO_CLIENT && this.meters[client].world.full;
  }

  private unitsOf(io: Io): number {
    const { op, blocks } = this.sim.requests;
    return costOf(op[io], blocks[io], this.unitBlocks);
  }

  private noteAnswer(io: Io): void {
    if (this.queueFull.answered(this.sim.requests.status[io] === 0)) {
      this.throttle(this.queueFull.reason);
    }
  }

  /** Gives the device fewer commands at once, or more again. */
  private throttle(why: string): void {
    const { queueFull, station } = this;
    this.depth.throttle(queueFull.depth);
    station.slots = this.depth.depth;
    if (queueFull.isNews) {
      const title = `${this.host} ${this.uid}`;
      this.sim.log.note('device.qfull', title, `queue depth is ${queueFull.depth}`, why);
    }
    if (station.queued > 0) this.pump();
  }

  private pump(): void {
    const { station } = this;
    for (let io = station.start(); io !== NO_IO; io = station.start()) this.dispatch(io);
    if (station.queued > 0 && station.active < station.slots) this.wakeBy(this.discipline.nextAt());
  }

  private dispatch(io: Io): void {
    const { disk, world, traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_QUEUE, this.sim.now);
    const waitedNs = this.sim.now - this.station.arrivalOf(io);
    this.waitedNs[io] = waitedNs;
    const client = this.table.at(disk[io]);
    if (client !== NO_CLIENT) {
      const meter = this.meters[client];
      meter.start();
      meter.world.start();
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
