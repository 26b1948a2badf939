import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { TRAFFIC_FIELDS } from '../../core/traffic.js';
import { datastoreEntitlements } from '../../qos/host-entitlement.js';
import { betaScale, nextWindow, sizeFactor, smoothLatency, WINDOW_MIN } from '../../qos/parda.js';
import type { DatastoreControl } from './datastore-control.js';
import { Demands, type HostDemand } from './demands.js';
import { type ControlledQueue, FRESH_PERIODS, SIOC_FIELDS, type StatisticsBlock } from './site.js';
import type { StatisticsFile } from './statistics-file.js';

/** Part of a period between writing the own block and reading all: every host has written by then. */
const READ_DELAY = 1 / 8;

/** Depths above this are no limit in practice (NFS.MaxQueueDepth): a window starts below. */
const UNLIMITED = 65_536;

const STEPS = SIOC_FIELDS.indexOf('steps');
const BLOCKS = TRAFFIC_FIELDS.indexOf('readBlocks');

export interface ControllerOptions {
  readonly host: string;
  /** The host's block of the statistics file. */
  readonly slot: number;
  readonly periodNs: number;
  /** False while the host is dead: it measures and sets nothing. */
  readonly isAlive: () => boolean;
  /** Bytes of one unit of cost (Disk.SchedCostUnit). */
  readonly unitBytes: number;
  /** Watch for loads from outside. */
  readonly watchesExternal: boolean;
  /** Of the datastore's extents on this host. */
  readonly queues: readonly ControlledQueue[];
}

/** The `sioc` entity of a host at a datastore. */
export function defineSioc(
  sim: Sim,
  host: string,
  datastore: string,
  queues: readonly ControlledQueue[],
): Entity {
  const device = queues[0]?.entity.name ?? '';
  return sim.meters.define('sioc', datastore, { host, datastore, device }, SIOC_FIELDS);
}

/**
 * Storage I/O Control of one host at one datastore: once a period it measures its devices, writes
 * what it saw into the datastore's statistics file, reads what all hosts wrote, and sets the depth of
 * its device queues (stack-lower reference, 10.4). The clocks of the hosts are in step. Model.
 */
export class Controller {
  private readonly demands: Demands;
  private readonly values: Float64Array;
  private window: number;
  /** Part of a command the depths so far were too small, on the whole. */
  private rest = 0;
  private latencyNs = 0;
  private localLatencyNs: number | undefined;
  private before = { ns: 0, commands: 0, blocks: 0 };
  private measuredAt = 0;
  /** Start of the first period with a guest's command. */
  private joinedAt: number | undefined;
  /** The own block is not written yet although it is time to read all of them. */
  private isReadDue = false;

  constructor(
    private readonly sim: Sim,
    private readonly options: ControllerOptions,
    private readonly datastore: DatastoreControl,
    private readonly file: StatisticsFile,
    entity: Entity,
  ) {
    const { host, queues, periodNs } = options;
    this.values = entity.values;
    this.demands = new Demands(
      sim,
      host,
      queues.map((queue) => queue.entity.name),
    );
    this.window = this.most;
    if (datastore.plan.enforced) this.apply();
    entity.set('enabled', datastore.plan.enforced ? 1 : 0);
    entity.set('window', this.window);
    entity.refresh = () => entity.set('thresholdNs', datastore.thresholdNs);
    sim.timers.every(periodNs, () => this.tick());
  }

  private get most(): number {
    return Math.max(...this.options.queues.map((queue) => queue.configuredDepth));
  }

  /** An access of the period before that is still under way means that this one is left out. */
  private tick(): void {
    if (this.file.busy || !this.options.isAlive()) return;
    const { now } = this.sim;
    const { slot, periodNs } = this.options;
    const spanNs = now - this.measuredAt;
    const demand = this.demands.measure(this.window, spanNs);
    const startedAt = this.measuredAt;
    const block = this.measure(now, spanNs, demand);
    if (!this.demands.used) return;
    this.joinedAt ??= startedAt;
    this.isReadDue = false;
    this.file.write((good) => {
      if (good) this.datastore.blocks[slot] = block;
      if (this.isReadDue) this.read();
    });
    this.sim.timers.delay(periodNs * READ_DELAY, () => this.read());
  }

  private measure(now: number, spanNs: number, demand: HostDemand): StatisticsBlock {
    const after = this.measureDevices();
    const { before } = this;
    this.before = after;
    this.measuredAt = now;
    const commands = after.commands - before.commands;
    const ns = after.ns - before.ns;
    let factor = 1;
    if (commands > 0) {
      const bytes = ((after.blocks - before.blocks) * 512) / commands;
      factor = sizeFactor(bytes, this.options.unitBytes);
      this.localLatencyNs = smoothLatency(ns / commands / factor, this.localLatencyNs);
    }
    return {
      at: now,
      latencyNs: commands > 0 ? (this.localLatencyNs ?? 0) : 0,
      commands,
      rate: (commands * factor * 1e9) / spanNs,
      outstanding: ns / spanNs,
      window: this.window,
      ...demand,
    };
  }

  private measureDevices(): { ns: number; commands: number; blocks: number } {
    const sum = { ns: 0, commands: 0, blocks: 0 };
    for (const { entity } of this.options.queues) {
      const { values } = entity;
      const first = entity.slot('deviceReadNs');
      sum.ns += values[first] + values[first + 1];
      sum.commands += values[0] + values[1];
      sum.blocks += values[BLOCKS] + values[BLOCKS + 1];
    }
    return sum;
  }

  private read(): void {
    this.isReadDue = this.file.busy;
    if (this.isReadDue || !this.options.isAlive()) return;
    this.file.read((good) => {
      if (good) this.step();
    });
  }

  /** Sets the window by what all hosts wrote lately. */
  private step(): void {
    const { slot, periodNs } = this.options;
    const { datastore, sim } = this;
    const oldest = sim.now - (FRESH_PERIODS + READ_DELAY) * periodNs;
    const isFresh = (block: StatisticsBlock | undefined) =>
      block !== undefined && block.at > oldest;
    const fresh = datastore.blocks.filter(isFresh) as StatisticsBlock[];
    const own = datastore.blocks[slot];
    if (own === undefined || !isFresh(own)) return;
    let commands = 0;
    let latencyNs = 0;
    for (const block of fresh) {
      commands += block.commands;
      latencyNs += block.latencyNs * block.commands;
    }
    if (commands > 0) this.latencyNs = latencyNs / commands;
    const sumShares = fresh.reduce((sum, block) => sum + block.activeShares, 0);
    const rate = fresh.reduce((sum, block) => sum + block.rate, 0);
    const beta = own.activeShares * betaScale(sumShares, datastore.thresholdNs, rate);
    if (datastore.blocks.findIndex(isFresh) === slot) this.lead(fresh, rate);
    if (this.values[STEPS] === 0) this.join(own, fresh);
    this.setWindow(own, beta);
    this.publish(own, fresh, beta);
  }

  /** The first host that takes part judges for all of them. */
  private lead(fresh: readonly StatisticsBlock[], rate: number): void {
    const { datastore, latencyNs } = this;
    datastore.noteLatency(latencyNs);
    if (!this.options.watchesExternal || !datastore.plan.enforced) return;
    const seen = {
      congested: datastore.congested,
      rate,
      outstanding: fresh.reduce((sum, block) => sum + block.outstanding, 0),
      windows: fresh.reduce((sum, block) => sum + block.window, 0),
    };
    datastore.watch(seen, this.options.periodNs);
  }

  /**
   * A host that comes to a datastore which is congested already starts with the window that the
   * others have for as many shares, not with its whole queue. Model.
   */
  private join(own: StatisticsBlock, fresh: readonly StatisticsBlock[]): void {
    const { datastore, joinedAt = 0 } = this;
    if (!datastore.congested || datastore.congestedAt > joinedAt) return;
    let window = 0;
    let shares = 0;
    for (const block of fresh) {
      if (block === own) continue;
      window += block.window;
      shares += block.activeShares;
    }
    if (shares > 0) this.window = Math.min(this.window, (window * own.activeShares) / shares);
  }

  private setWindow(own: StatisticsBlock, beta: number): void {
    const { datastore, latencyNs, most } = this;
    const { thresholdNs, plan } = datastore;
    if (!plan.enforced) return;
    if (this.window > UNLIMITED && latencyNs > thresholdNs) {
      this.window = Math.max(WINDOW_MIN, Math.ceil(own.outstanding));
    }
    const bounds = { min: Math.min(WINDOW_MIN, most), max: most };
    this.window = datastore.suspended
      ? most
      : nextWindow(this.window, latencyNs, thresholdNs, beta, bounds);
    this.apply();
  }

  /** A queue has a whole depth; what is rounded off is made up for in the steps that follow. */
  private apply(): void {
    const wanted = this.window + this.rest;
    const depth = Math.min(this.most, Math.round(wanted));
    this.rest = wanted - depth;
    for (const queue of this.options.queues) queue.setSiocDepth(depth);
  }

  private publish(own: StatisticsBlock, fresh: readonly StatisticsBlock[], beta: number): void {
    const { values, datastore, latencyNs } = this;
    const units = fresh.reduce((sum, block) => sum + block.units, 0);
    const parts = datastoreEntitlements(
      units,
      fresh.map(({ claims }) => claims),
    );
    const entitled = parts[fresh.indexOf(own)].reduce((sum, part) => sum + part, 0);
    values[0] = this.window;
    values[1] = latencyNs;
    values[2] = own.latencyNs;
    values[3] = datastore.thresholdNs;
    values[4] = beta;
    values[5] = own.activeShares;
    values[6] = units > 0 ? entitled / units : 0;
    values[7] = latencyNs > datastore.thresholdNs ? 1 : 0;
    values[STEPS]++;
  }
}
