import { assert } from '../../../core/assert.js';
import { type Io, NO_IO, OP_NAMES, WRITE } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Entity } from '../../../core/meters.js';
import type { Sim } from '../../../core/sim.js';
import {
  BUSY,
  CHECK,
  deviceOf,
  formatStatus,
  HOST_NO_CONNECT,
  hostStatus,
  SENSE_LUN_NOT_SUPPORTED,
  TASK_SET_FULL,
} from '../../../core/status.js';
import type { Settings } from '../../settings.js';
import { Vaai } from '../vaai/vaai.js';
import { Availability, DEVICE_APD_TIMEOUT, DEVICE_PDL } from './availability.js';
import type { PathSelector } from './define.js';
import { HeldRows } from './held.js';
import type { Path } from './path.js';
import { type Monitored, PathMonitor } from './path-monitor.js';
import type { PathProber } from './prober.js';
import { createPsp } from './psp/index.js';
import { satpNamed } from './satp/index.js';
import { isAttention, isCounted, isSoftThreshold, judge, type Verdict } from './verdict.js';

export interface NmpOptions {
  readonly host: string;
  /** `naa.6...`. */
  readonly uid: string;
  /** In the order of discovery; each path belongs to one device. */
  readonly paths: readonly Path[];
  readonly satp: string;
  readonly psp: string;
  readonly pspParams?: Readonly<Record<string, number>>;
  readonly settings: Settings;
  /** The `device` entity, which the device queue defines. */
  readonly entity: Entity;
}

/** Pause after TASK SET FULL: long enough for a full port to answer something (model). */
const FULL_PAUSE_NS = 1e6;

/**
 * The native multipathing plug-in's side of one device: chooses the path of each command, takes
 * failed commands to another path, holds I/O while there is none.
 *
 * While nothing is wrong a command costs a choice and a test of its status. When something is,
 * `blocked` is set: new and failed commands are held in order until probes have told which paths
 * work, and are then sent again. Stack-lower reference, sections 3.7, 4.5 and 4.6.
 */
export class NmpDevice extends Layer implements Monitored {
  readonly uid: string;
  readonly paths: readonly Path[];
  readonly vaai: Vaai;
  readonly satpName: string;
  pspName: string;
  /** Told of each TASK SET FULL and BUSY, for adaptive queue depth. */
  onQueueFull: (() => void) | undefined;

  private readonly settings: Settings;
  private readonly entity: Entity;
  private readonly title: string;
  private readonly byIndex: Path[] = [];
  private readonly monitor: PathMonitor;
  private readonly availability: Availability;
  private readonly held: HeldRows;
  private readonly retries: Uint8Array;
  private readonly retriesSlot: number;
  private readonly failoversSlot: number;
  private psp: PathSelector;
  /** Commands must be held: a path is in doubt, or none is usable. */
  private blocked = false;
  /** The paths in use when there last were any. */
  private inUse: readonly Path[] = [];

  constructor(sim: Sim, options: NmpOptions) {
    const { host, uid, paths, settings, entity } = options;
    super(sim, `${host} nmp ${uid}`);
    assert(paths.length > 0, `${uid} has no path`);
    this.uid = uid;
    this.title = `${host} ${uid}`;
    this.paths = paths;
    this.settings = settings;
    this.entity = entity;
    this.satpName = options.satp;
    this.pspName = options.psp;
    this.psp = createPsp(options.psp, sim, paths, options.pspParams);
    this.vaai = new Vaai(sim, entity, settings);
    this.held = new HeldRows(sim);
    this.retries = sim.requests.column('psa.retries', Uint8Array);
    this.retriesSlot = entity.slot('retries');
    this.failoversSlot = entity.slot('failovers');
    for (const path of paths) this.byIndex[path.index] = path;
    this.availability = new Availability(sim, this.title, paths, settings, entity, () =>
      this.reviewHeld(),
    );
    const satp = satpNamed(options.satp);
    this.monitor = new PathMonitor(sim, this.name, paths, this.byIndex, satp, settings, this);
    this.pathsChanged('discovery');
  }

  /** DEVICE_ON, DEVICE_APD_START, DEVICE_APD_TIMEOUT or DEVICE_PDL. */
  get state(): number {
    return this.availability.state;
  }

  /** Permanently lost. */
  get gone(): boolean {
    return this.availability.state === DEVICE_PDL;
  }

  get workingPath(): Path | undefined {
    return this.psp.working;
  }

  /** Commands held for want of a path. */
  get heldCount(): number {
    return this.held.count;
  }

  override submit(io: Io): void {
    this.retries[io] = 0;
    if (this.blocked) this.hold(io);
    else this.issue(io);
  }

  override complete(io: Io): void {
    const { op, path: paths, status } = this.sim.requests;
    const path = this.byIndex[paths[io]];
    path.returned(io);
    if (status[io] === 0) {
      if (op[io] > WRITE) this.vaai.finished(io);
      this.leave(io).complete(io);
    } else {
      this.failed(io, path);
    }
  }

  /** A pause before another try is over, or a command is to fail without having been sent. */
  override fire(io: Io): void {
    if (this.sim.requests.status[io] !== 0) {
      this.vaai.finished(io);
      this.leave(io).complete(io);
    } else if (this.blocked) {
      this.hold(io);
    } else {
      this.issue(io);
    }
  }

  /** Changes the path selection policy. */
  setPsp(name: string, params: Readonly<Record<string, number>> = {}): void {
    this.psp = createPsp(name, this.sim, this.paths, params);
    this.pspName = name;
    this.pathsChanged(`policy set to ${name}`);
  }

  /** Looks for paths again; the only way back from permanent device loss. */
  rescan(): void {
    this.monitor.rescan();
  }

  /** After anything about a path changed: chooses again, says what that means, lets I/O go on. */
  pathsChanged(why: string): void {
    this.availability.update(why);
    this.choose(why);
    if (this.gone) {
      this.blocked = true;
      this.reviewHeld();
      return;
    }
    this.blocked = this.monitor.doubts > 0 || this.psp.working === undefined;
    if (this.psp.working === undefined && this.monitor.doubts === 0) this.monitor.activate();
    while (!this.blocked) {
      const io = this.held.shift();
      if (io === NO_IO) break;
      this.issue(io);
    }
  }

  /** A held command as a probe: signed by the prober too, which then gives it back. */
  lend(path: Path, prober: PathProber): Io {
    const io = this.held.shift();
    if (io === NO_IO) return NO_IO;
    path.send(io);
    this.enter(io);
    prober.sign(io);
    path.adapter.submit(io);
    return io;
  }

  private issue(io: Io): void {
    const path = this.psp.select(io)!;
    path.send(io);
    this.enter(io);
    path.adapter.submit(io);
  }

  /** Keeps the command until there is a path, or lets it fail where the device's state says so. */
  private hold(io: Io): void {
    const { status, sense, world } = this.sim.requests;
    const { state } = this.availability;
    if (state === DEVICE_PDL) {
      status[io] = CHECK;
      sense[io] = SENSE_LUN_NOT_SUPPORTED;
      this.after(0, io);
    } else if (
      state === DEVICE_APD_TIMEOUT &&
      (world[io] === 0 || this.settings.on('Scsi.FailVMIOonAPD'))
    ) {
      status[io] = hostStatus(HOST_NO_CONNECT);
      this.after(0, io);
    } else {
      this.held.push(io);
    }
  }

  private failed(io: Io, path: Path): void {
    const { op, status, sense } = this.sim.requests;
    const verdict = judge(status[io], sense[io]);
    const device = deviceOf(status[io]);
    if (device === TASK_SET_FULL || device === BUSY) this.onQueueFull?.();
    if (!this.mayRetry(io, verdict)) {
      if (verdict.probe) this.suspect(path, io);
      this.vaai.finished(io);
      this.leave(io).complete(io);
      return;
    }
    if (isSoftThreshold(sense[io])) {
      const why = `${OP_NAMES[op[io]]} got 06/38/07`;
      this.sim.log.note('device.thin.threshold', this.title, 'soft threshold of the pool', why);
    }
    if (isCounted(verdict) && this.retries[io] < 255) this.retries[io]++;
    this.entity.values[this.retriesSlot]++;
    if (verdict.action === 'retry') {
      if (verdict.probe) this.suspect(path, io);
    } else {
      this.blame(io, path, verdict);
    }
    status[io] = 0;
    sense[io] = 0;
    const pauseNs = this.pauseOf(verdict, this.retries[io]);
    if (pauseNs > 0) this.after(pauseNs, io);
    else if (this.blocked) this.hold(io);
    else this.issue(io);
  }

  private mayRetry(io: Io, verdict: Verdict): boolean {
    if (verdict.action === 'up') return false;
    if (isAttention(verdict) && !this.settings.on('Disk.RetryUnitAttention')) return false;
    return this.retries[io] < verdict.limit;
  }

  private pauseOf(verdict: Verdict, attempt: number): number {
    const { settings } = this;
    if (verdict.pause === 'busy') return settings.ns('Disk.DelayOnBusy');
    if (verdict.pause === 'full') return FULL_PAUSE_NS;
    // "Requeue or immediate retry": at once the first time, then at the host's pace.
    if (verdict.pause === 'period' && attempt > 1) return settings.ns('Disk.DiskRetryPeriod');
    return 0;
  }

  /** The failure was the path's: finds out what the path is worth now. */
  private blame(io: Io, path: Path, verdict: Verdict): void {
    const reason = this.reasonOf(io);
    if (verdict.action !== 'refresh') path.countFailure();
    if (verdict.action === 'loss') {
      if (!path.lost) this.monitor.lose(path, reason);
      return;
    }
    if (!this.isNews(path, io)) return;
    if (verdict.action === 'refresh') this.monitor.doubtAll(reason);
    else this.monitor.doubt(path, reason);
    this.blocked = true;
  }

  /** True when the failure tells something about the path that no probe is finding out already. */
  private isNews(path: Path, io: Io): boolean {
    return path.usable && !path.doubted && !path.isOldNews(io);
  }

  /** The path may be bad, but commands go on meanwhile. */
  private suspect(path: Path, io: Io): void {
    if (this.isNews(path, io)) this.monitor.ask(path, this.reasonOf(io));
  }

  private reasonOf(io: Io): string {
    const { op, status, sense } = this.sim.requests;
    return `${OP_NAMES[op[io]]} got ${formatStatus(status[io], sense[io])}`;
  }

  private choose(why: string): void {
    this.psp.update();
    for (const path of this.paths) path.working = this.psp.uses(path);
    const now = this.paths.filter((path) => path.working);
    if (now.length === 0) return;
    const left = this.inUse.filter((path) => !path.working);
    this.inUse = now;
    if (left.length === 0) return;
    this.entity.values[this.failoversSlot]++;
    const names = (paths: readonly Path[]): string => paths.map((path) => path.name).join(', ');
    const what = `I/O moves from ${names(left)} to ${names(now)}`;
    this.sim.log.note('path.failover', this.title, what, why);
  }

  /** The held commands again, now that the device's state has changed. */
  private reviewHeld(): void {
    for (let left = this.held.count; left > 0; left--) this.hold(this.held.shift());
  }
}
