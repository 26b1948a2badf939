import { PART_ADAPTER, PART_DRIVER, PART_MULTIPATH } from '../../core/breakdown.js';
import { BLOCK_BYTES, type Io, movesData, NO_IO } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { Station } from '../../core/station.js';
import {
  CHECK_CONDITION,
  deviceOf,
  HOST_ABORT,
  HOST_RESET,
  hostStatus,
} from '../../core/status.js';
import { Traffic } from '../../core/traffic.js';
import type { AdapterPlan } from '../../plan/plan.js';
import {
  type AbortCounter,
  AT_DEVICE,
  COMES_BACK,
  type Giver,
  hasSigned,
  type Recall,
  WITHDRAWN,
} from '../recall.js';
import { AdapterQueue, type Gate } from './adapter-queue.js';
import { ADAPTER_FIELDS, AdapterCounters } from './counters.js';
import { MergedData } from './merged-data.js';
import { Merger } from './merger.js';
import { createOrder } from './orders/index.js';
import { type Plugged, type PluggedDriver, Presence } from './presence.js';
import { Splitter } from './splitter.js';

export interface VmhbaOptions {
  readonly host: string;
  readonly adapter: AdapterPlan;
  /** Longest transfer, bytes; the driver's when left out. */
  readonly maxTransferBytes?: number;
  /** How long commands come back with RETRY after the link is lost, before NO_CONNECT; 0. */
  readonly linkLossNs?: number;
  /** `Disk.SchedQPriorityPercentage`; 80. */
  readonly prioritySharePercent?: number;
  /** `Scsi.ScsiRestartStalledQueueLatency`; 500 ms. */
  readonly restartNs?: number;
}

/** A driver, and what it says of itself. */
export type AdapterDriver = Layer &
  Gate &
  PluggedDriver & {
    readonly maxTransferBytes: number;
    /** It takes whatever AQLEN lets through. */
    readonly unconditional: boolean;
    /** Calls `listener` after it began or ceased to take commands. */
    onChange(listener: () => void): void;
  };

/**
 * A storage adapter (vmhba): holds commands back once the adapter has as many as it can take
 * (AQLEN) or the driver takes none, splits what is too long, merges and orders waiting commands on
 * request, and measures the time from the driver's entry to its answer.
 */
export class Vmhba extends Layer implements Giver, AbortCounter, Plugged {
  readonly entity: Entity;

  private readonly station: Station;
  private readonly queue: AdapterQueue;
  private readonly traffic: Traffic;
  private readonly merger: Merger | undefined;
  /** In runs that verify data. */
  private readonly mergedData: MergedData | undefined;
  private readonly splitter: Splitter;
  private readonly counters: AdapterCounters;
  private readonly maxBlocks: number;
  private readonly restartNs: number;
  /** The queue has to see every command. */
  private readonly scheduled: boolean;
  private readonly sentAt: Float64Array;
  private readonly arrivedAt: Float64Array;
  private readonly presence: Presence;
  /** Commands may pass the queue by when it is empty. */
  private direct = false;
  private restartArmed = false;
  private progressAt = 0;
  /** Commands handed over up to this time never got their answer; `lostStatus` says why. */
  private lostAt = -1;
  private lostStatus = 0;

  constructor(
    sim: Sim,
    options: VmhbaOptions,
    private readonly driver: AdapterDriver,
  ) {
    const { host, adapter } = options;
    super(sim, `${host} ${adapter.name}`);
    const { driver: module, family, transport } = adapter;
    const { order: name } = adapter.order;
    const merge = adapter.merge === false ? 'no' : 'yes';
    const labels = { host, driver: module, family, transport, order: name, merge };
    this.entity = sim.meters.define('adapter', adapter.name, labels, ADAPTER_FIELDS);
    this.traffic = new Traffic(sim, this.entity);
    this.counters = new AdapterCounters(sim.requests, this.entity);
    const bytes = options.maxTransferBytes ?? driver.maxTransferBytes;
    this.maxBlocks = Math.max(1, Math.floor(bytes / BLOCK_BYTES));
    this.splitter = new Splitter(sim, `${this.name} split`, this.counters, this.maxBlocks, this);
    this.presence = new Presence(sim, this, driver, options.linkLossNs ?? 0);
    this.restartNs = options.restartNs ?? 500e6;
    const order = createOrder(sim, adapter.order);
    if (adapter.merge !== false) {
      const maxBytes = Math.min(adapter.merge.maxBytes, this.maxBlocks * BLOCK_BYTES);
      this.merger = new Merger(sim.requests, order, { ...adapter.merge, maxBytes });
      this.mergedData =
        sim.arena && new MergedData(sim.requests, sim.arena, this.merger, this.maxBlocks);
    }
    this.scheduled = this.merger !== undefined || adapter.order.order !== 'none';
    const gate: Gate = { admits: (io) => this.presence.refusal !== 0 || this.driver.admits(io) };
    const share = options.prioritySharePercent ?? 80;
    this.queue = new AdapterQueue(sim.requests, order, this.merger, gate, share);
    this.station = new Station(sim, 'adapter', this.entity, adapter.aqlen, this.queue);
    const stationRefresh = this.entity.refresh;
    this.entity.refresh = () => {
      stationRefresh?.();
      this.counters.publish(this.station, this.queue.blocked, this.linkUp);
    };
    this.arrivedAt = sim.requests.column('adapter.arrivedAt', Float64Array);
    this.sentAt = sim.requests.column('adapter.sentAt', Float64Array);
    driver.onChange(() => this.changed());
    this.changed();
  }

  /** The adapter is there and its link has light. */
  get linkUp(): boolean {
    return this.presence.linkUp;
  }

  /** Commands the driver has (ACTV). */
  get active(): number {
    return this.station.active;
  }

  /** Commands waiting for the driver (QUED), riders of merged commands left out. */
  get queued(): number {
    return this.station.queued;
  }

  /** Calls `listener` after each change of the link; never from inside a command's way. */
  onLinkChange(listener: () => void): void {
    this.presence.onChange(listener);
  }

  /** Counts for a path too, in its entity's fields PATH_COUNTERS. */
  watchPath(index: number, path: Entity): void {
    this.counters.watch(index, path);
  }

  /** `user` says why the adapter may not be taken away in an orderly way, if it may not. */
  addUser(user: () => string | undefined): void {
    this.presence.addUser(user);
  }

  /** Cable or port down: commands here and below are retried for a while, then fail. */
  setLinkUp(up: boolean, why: string): void {
    this.presence.setLinkUp(up, why);
  }

  /** The driver resets the adapter: whatever it had comes back with RESET. */
  reset(why: string): void {
    this.sim.log.note('adapter.reset', this.name, 'commands below come back with RESET', why);
    this.lose(HOST_RESET);
  }

  /**
   * Orderly hot removal: the driver drains and is detached, then all paths are dead. Returns why it
   * may not be done, if so: the adapter has users that would be left without a path.
   */
  detach(why: string): string | undefined {
    return this.presence.detach(why);
  }

  /** The adapter is pulled out: what it had is lost, and all its paths are dead at once. */
  surpriseRemove(why: string): void {
    this.presence.pullOut(why);
  }

  /** The adapter is put back: its driver is attached and its paths are probed. */
  insert(why: string): void {
    this.presence.insert(why);
  }

  /** What the driver has comes back with this host status. */
  lose(host: number): void {
    this.lostAt = this.sim.now;
    this.lostStatus = hostStatus(host);
  }

  /** Link or driver changed: commands may go on, or must not. */
  changed(): void {
    const { unconditional } = this.driver;
    this.direct = !this.scheduled && this.presence.refusal === 0 && unconditional;
    if (this.station.queued > 0) this.dispatch();
  }

  override submit(io: Io): void {
    const { op, blocks, traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_MULTIPATH, this.sim.now);
    if (blocks[io] > this.maxBlocks && movesData(op[io])) {
      this.splitter.submit(io);
    } else if (this.direct && this.station.pass(io)) {
      this.send(io);
    } else if (this.merger === undefined || !this.merge(this.merger, io)) {
      this.await(io);
      this.dispatch();
    }
  }

  override complete(io: Io): void {
    const { now, requests } = this.sim;
    const spentNs = now - this.sentAt[io];
    if (requests.traced[io] !== 0) requests.breakdown.pass(io, PART_DRIVER, now);
    if (this.sentAt[io] <= this.lostAt) {
      requests.status[io] = this.lostStatus;
      requests.sense[io] = 0;
    }
    if (this.merger !== undefined && this.merger.rider[io] !== NO_IO) {
      this.unmerge(this.merger, io, spentNs);
    } else {
      requests.deviceNs[io] += spentNs;
      this.station.finish(io);
      this.count(io);
      this.leave(io).complete(io);
    }
    if (this.station.queued > 0) this.dispatch();
  }

  /** Takes a waiting command out. One that rides on another, or is in pieces, comes back with it. */
  giveBack(io: Io): Recall {
    if (hasSigned(this.sim.requests, io, this)) return AT_DEVICE;
    if (!this.station.withdraw(io)) return COMES_BACK;
    this.counters.wait(io, -1);
    this.counters.leaveUnsent();
    this.sim.requests.status[io] = hostStatus(HOST_ABORT);
    this.count(io);
    return WITHDRAWN;
  }

  countAborts(aborts: number, resets: number): void {
    this.counters.abort(aborts, resets);
  }

  /** A row that could not be sent. */
  override fire(io: Io): void {
    const { traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_ADAPTER, this.sim.now);
    this.station.finish(io);
    this.count(io);
    this.leave(io).complete(io);
    this.dispatch();
  }

  private await(io: Io): void {
    this.counters.wait(io, 1);
    this.station.arrive(io);
  }

  private dispatch(): void {
    for (let io = this.station.start(); io !== NO_IO; io = this.station.start()) {
      this.counters.wait(io, -1);
      this.progressAt = this.sim.now;
      if (this.presence.refusal !== 0) this.refuse(io);
      else {
        if (this.mergedData !== undefined && this.merger?.rider[io] !== NO_IO) {
          this.mergedData.gather(io);
        }
        this.send(io);
      }
    }
    if (this.queue.stalled && !this.restartArmed) this.armRestart(this.restartNs);
  }

  /** The driver turned a command away: tries again later, should nothing else set it going. */
  private armRestart(delayNs: number): void {
    this.restartArmed = true;
    this.sim.timers.delay(delayNs, () => {
      this.restartArmed = false;
      if (!this.queue.stalled) return;
      const idleNs = this.sim.now - this.progressAt;
      if (idleNs < this.restartNs) {
        this.armRestart(this.restartNs - idleNs);
      } else {
        this.counters.restart();
        this.dispatch();
      }
    });
  }

  private send(io: Io): void {
    const { now, requests } = this.sim;
    this.sentAt[io] = now;
    if (requests.traced[io] !== 0) requests.breakdown.pass(io, PART_ADAPTER, now);
    if (this.merger !== undefined && this.merger.rider[io] !== NO_IO) {
      requests.breakdown.lead(io, this.merger.rider, now);
    }
    this.enter(io);
    this.driver.submit(io);
  }

  private count(io: Io): void {
    const { now, requests } = this.sim;
    const { op, blocks, status } = requests;
    this.traffic.add(op[io], blocks[io], now - this.arrivedAt[io], status[io]);
  }

  /** Lets the row ride on a waiting one; then the leader may meet its neighbour. */
  private merge(merger: Merger, io: Io): boolean {
    if (this.station.queued === 0 || this.sim.requests.world[io] === 0) return false;
    const leader = merger.join(io);
    if (leader === NO_IO) return false;
    const inFront = merger.joinedInFront(leader, io);
    this.arrivedAt[io] = this.sim.now;
    this.counters.merge(io, inFront);
    const gone = merger.neighbour(leader, inFront);
    if (gone === NO_IO) return true;
    this.queue.handOver(leader, gone);
    this.counters.wait(gone, -1);
    this.counters.leaveUnsent();
    this.counters.merge(gone, inFront);
    this.station.withdraw(gone);
    merger.absorb(leader, gone, inFront);
    return true;
  }

  /** Answers that the row cannot be sent, to its riders too. */
  private refuse(io: Io): void {
    const { status, sense } = this.sim.requests;
    this.counters.leaveUnsent();
    if (this.merger !== undefined && this.merger.rider[io] !== NO_IO) {
      this.merger.restore(io);
      let next = this.merger.rider[io];
      this.merger.rider[io] = NO_IO;
      while (next !== NO_IO) {
        const rider = next;
        next = this.merger.rider[rider];
        // From here on a row like any other: it waits its turn and is refused by itself.
        this.await(rider);
      }
    }
    status[io] = this.presence.refusal;
    sense[io] = 0;
    this.after(0, io);
  }

  /**
   * Ends a merged command: each row gets the common outcome. A check condition says nothing about
   * the single rows, so those are sent again one by one.
   */
  private unmerge(merger: Merger, leader: Io, spentNs: number): void {
    const { requests } = this.sim;
    const status = requests.status[leader];
    const sense = requests.sense[leader];
    const again = deviceOf(status) === CHECK_CONDITION;
    this.mergedData?.scatter(leader, status === 0);
    merger.restore(leader);
    requests.breakdown.arrive(leader, merger.rider, this.sim.now);
    this.station.finish(leader);
    this.queue.alone = again;
    let next = leader;
    while (next !== NO_IO) {
      const io = next;
      next = merger.rider[io];
      requests.deviceNs[io] += spentNs;
      if (again) {
        requests.status[io] = 0;
        requests.sense[io] = 0;
        this.await(io);
        continue;
      }
      requests.status[io] = status;
      requests.sense[io] = sense;
      this.count(io);
      this.leave(io).complete(io);
    }
    this.queue.alone = false;
  }
}
