import { BLOCK_BYTES, type Io, movesData, NO_IO } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { STATION_FIELDS, Station } from '../../core/station.js';
import {
  CHECK_CONDITION,
  deviceOf,
  HOST_NO_CONNECT,
  HOST_RESET,
  hostStatus,
} from '../../core/status.js';
import { TRAFFIC_FIELDS, Traffic } from '../../core/traffic.js';
import type { AdapterPlan } from '../../simulation/plan.js';
import { MERGE_BLOCKS, MergeQueue } from './merge-queue.js';
import { Splitter } from './splitter.js';

export interface VmhbaOptions {
  readonly host: string;
  readonly adapter: AdapterPlan;
  /** Longest transfer, bytes; the driver's when left out. */
  readonly maxTransferBytes?: number;
}

/** A driver, and what it says of its hardware. */
export type AdapterDriver = Layer & { readonly maxTransferBytes: number };

/**
 * A storage adapter (vmhba): holds commands back once the adapter has as many as it can take
 * (AQLEN), splits what is too long, merges contiguous waiting commands on request, and measures the
 * time from the driver's entry to its answer.
 */
export class Vmhba extends Layer {
  readonly entity: Entity;
  linkUp = true;

  private readonly station: Station;
  private readonly traffic: Traffic;
  private readonly merging: MergeQueue | undefined;
  private readonly splitter: Splitter;
  private readonly maxBlocks: number;
  private readonly mergedSlot: number;
  private readonly sentAt: Float64Array;
  private readonly arrivedAt: Float64Array;
  private readonly listeners: (() => void)[] = [];
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
    const labels = { host, driver: module, family, transport };
    const fields = [...TRAFFIC_FIELDS, ...STATION_FIELDS, 'merged', 'split', 'linkUp'];
    this.entity = sim.meters.define('adapter', adapter.name, labels, fields);
    this.entity.refresh = () => this.entity.set('linkUp', this.linkUp ? 1 : 0);
    this.traffic = new Traffic(sim, this.entity);
    this.mergedSlot = this.entity.slot('merged');
    const bytes = options.maxTransferBytes ?? driver.maxTransferBytes;
    this.maxBlocks = Math.max(1, Math.floor(bytes / BLOCK_BYTES));
    this.splitter = new Splitter(sim, `${this.name} split`, this.entity, this.maxBlocks, this);
    const mergeBlocks = Math.min(MERGE_BLOCKS, this.maxBlocks);
    this.merging = adapter.merge ? new MergeQueue(sim.requests, mergeBlocks) : undefined;
    this.station = new Station(sim, 'adapter', this.entity, adapter.aqlen, this.merging);
    this.arrivedAt = sim.requests.column('adapter.arrivedAt', Float64Array);
    this.sentAt = sim.requests.column('adapter.sentAt', Float64Array);
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
    this.listeners.push(listener);
  }

  /** Cable or port down: commands here and below end with NO_CONNECT. */
  setLinkUp(up: boolean, why: string): void {
    if (up === this.linkUp) return;
    this.linkUp = up;
    this.sim.log.note('adapter.link', this.name, up ? 'up' : 'down', why);
    if (!up) this.lose(HOST_NO_CONNECT);
    for (const listener of this.listeners) listener();
  }

  /** The driver resets the adapter: whatever it had comes back with RESET. */
  reset(why: string): void {
    this.sim.log.note('adapter.reset', this.name, 'commands below come back with RESET', why);
    this.lose(HOST_RESET);
  }

  override submit(io: Io): void {
    const { op, blocks } = this.sim.requests;
    if (blocks[io] > this.maxBlocks && movesData(op[io])) {
      this.splitter.submit(io);
      return;
    }
    if (this.merging !== undefined && this.station.queued > 0 && this.merging.join(io)) {
      this.entity.values[this.mergedSlot]++;
      this.arrivedAt[io] = this.sim.now;
      return;
    }
    // A merging queue has to see every row.
    if (this.merging === undefined && this.linkUp && this.station.pass(io)) {
      this.send(io);
    } else {
      this.station.arrive(io);
      this.dispatch();
    }
  }

  override complete(io: Io): void {
    const { now, requests } = this.sim;
    const spentNs = now - this.sentAt[io];
    if (this.sentAt[io] <= this.lostAt) {
      requests.status[io] = this.lostStatus;
      requests.sense[io] = 0;
    }
    if (this.merging !== undefined && this.merging.rider[io] !== NO_IO) {
      this.unmerge(this.merging, io, spentNs);
    } else {
      requests.deviceNs[io] += spentNs;
      this.station.finish(io);
      this.count(io);
      this.leave(io).complete(io);
    }
    if (this.station.queued > 0) this.dispatch();
  }

  /** A row that found the link down. */
  override fire(io: Io): void {
    this.station.finish(io);
    this.count(io);
    this.leave(io).complete(io);
    this.dispatch();
  }

  private dispatch(): void {
    for (let io = this.station.start(); io !== NO_IO; io = this.station.start()) {
      if (this.linkUp) this.send(io);
      else this.refuse(io);
    }
  }

  private send(io: Io): void {
    this.sentAt[io] = this.sim.now;
    this.enter(io);
    this.driver.submit(io);
  }

  private count(io: Io): void {
    const { now, requests } = this.sim;
    const { op, blocks, status } = requests;
    this.traffic.add(op[io], blocks[io], now - this.arrivedAt[io], status[io]);
  }

  private lose(host: number): void {
    this.lostAt = this.sim.now;
    this.lostStatus = hostStatus(host);
  }

  /** Answers NO_CONNECT, to the row's riders too. */
  private refuse(io: Io): void {
    const { status, sense } = this.sim.requests;
    let next: Io = io;
    if (this.merging !== undefined && this.merging.rider[io] !== NO_IO) {
      this.merging.restore(io);
      next = this.merging.rider[io];
      this.merging.rider[io] = NO_IO;
      while (next !== NO_IO) {
        const rider = next;
        next = this.merging.rider[rider];
        // From here on a row like any other: it waits its turn and is refused by itself.
        this.station.arrive(rider);
      }
    }
    status[io] = hostStatus(HOST_NO_CONNECT);
    sense[io] = 0;
    this.after(0, io);
  }

  /**
   * Ends a merged command: each row gets the common outcome. A check condition says nothing about
   * the single rows, so those are sent again one by one.
   */
  private unmerge(merging: MergeQueue, leader: Io, spentNs: number): void {
    const { requests } = this.sim;
    const status = requests.status[leader];
    const sense = requests.sense[leader];
    const again = deviceOf(status) === CHECK_CONDITION;
    merging.restore(leader);
    this.station.finish(leader);
    let next = leader;
    while (next !== NO_IO) {
      const io = next;
      next = merging.rider[io];
      requests.deviceNs[io] += spentNs;
      if (again) {
        requests.status[io] = 0;
        requests.sense[io] = 0;
        this.station.arrive(io);
        continue;
      }
      requests.status[io] = status;
      requests.sense[io] = sense;
      this.count(io);
      this.leave(io).complete(io);
    }
  }
}
