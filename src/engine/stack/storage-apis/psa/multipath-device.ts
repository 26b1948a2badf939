import { assert } from '../../../core/assert.js';
import { type Io, NO_IO, OP_NAMES, WRITE } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Entity } from '../../../core/meters.js';
import type { Sim } from '../../../core/sim.js';
import {
  BUSY,
  deviceOf,
  formatStatus,
  HOST_ABORT,
  hostStatus,
  TASK_SET_FULL,
} from '../../../core/status.js';
import {
  ABORTED,
  ASKED,
  COMES_BACK,
  hasSigned,
  type Recall,
  recallFrom,
  WITHDRAWN,
} from '../../recall.js';
import type { Settings } from '../../settings.js';
import { Vaai } from '../vaai/vaai.js';
import { Availability, DEVICE_OFF, DEVICE_ON } from './availability.js';
import type { ArrayModel, PathSelector } from './define.js';
import { DeviceReservation } from './device-reservation.js';
import { HeldRows } from './held.js';
import type { Path } from './path.js';
import { type Monitored, PathMonitor } from './path-monitor.js';
import { PathUse } from './path-use.js';
import { pauseAfter } from './pauses.js';
import type { DeviceStatus, MultipathParts, PsaDevice, PsaDeviceOptions } from './psa-device.js';
import type { Verdict } from './retry-table.js';
import { countTry, triesOf } from './tries.js';
import { isSoftThreshold, judge } from './verdict.js';

/**
 * One device under the host's own multipathing plug-ins: chooses the path of each command, takes
 * failed commands to another path, holds I/O while there is none.
 *
 * While nothing is wrong a command costs a choice and a test of its status. When something is,
 * `blocked` is set: new and failed commands are held in order until probes have told which paths
 * work, and are then sent again. Stack-lower reference, sections 3.7, 4.5 and 4.6.
 */
export abstract class MultipathDevice extends Layer implements Monitored, PsaDevice {
  readonly uid: string;
  readonly paths: readonly Path[];
  readonly vaai: Vaai;
  /** Told of each TASK SET FULL and BUSY, for adaptive queue depth. */
  onQueueFull: (() => void) | undefined;

  protected readonly settings: Settings;
  private readonly plugin: string;
  private readonly model: ArrayModel;
  private readonly satp: string;
  private pspName: string;
  private readonly entity: Entity;
  private readonly title: string;
  private readonly byIndex: Path[] = [];
  private readonly use: PathUse;
  private readonly monitor: PathMonitor;
  readonly availability: Availability;
  private readonly held: HeldRows;
  private readonly reservation: DeviceReservation;
  /** Tries that use up a limit, and whether there were others; or ABORTED. */
  private readonly retries: Int32Array;
  private readonly retriesSlot: number;
  private readonly activationsSlot: number;
  private psp: PathSelector;
  /** Commands must be held: a path is in doubt, or none is usable. */
  private blocked = false;

  constructor(sim: Sim, options: PsaDeviceOptions, parts: MultipathParts) {
    const { host, uid, paths, settings, entity } = options;
    super(sim, `${host} ${parts.plugin.toLowerCase()} ${uid}`);
    assert(paths.length > 0, `${uid} has no path`);
    this.uid = uid;
    this.title = `${host} ${uid}`;
    this.paths = paths;
    this.settings = settings;
    this.entity = entity;
    this.plugin = parts.plugin;
    this.model = parts.model;
    this.satp = parts.satp;
    this.pspName = parts.psp;
    this.psp = parts.selector;
    this.vaai = new Vaai(sim, entity, settings);
    this.reservation = new DeviceReservation(sim, this.title, entity, (path) =>
      this.monitor.resetDevice(path),
    );
    this.retries = sim.requests.column('nmp.retries', Int32Array);
    this.retriesSlot = entity.slot('retries');
    this.activationsSlot = entity.slot('activations');
    for (const path of paths) this.byIndex[path.index] = path;
    this.use = new PathUse(sim, this.title, paths, entity);
    this.availability = new Availability(
      sim,
      this.title,
      paths,
      settings,
      entity,
      () => this.held.review(),
      () => this.held.isIdle(),
    );
    this.held = new HeldRows(sim, this.availability, (io) => this.after(0, io));
    this.monitor = new PathMonitor(
      sim,
      this.title,
      paths,
      parts.model,
      settings,
      parts.health,
      this,
    );
    this.pathsChanged('discovery');
  }

  get state(): number {
    return this.availability.state;
  }

  /** Permanently lost or detached. */
  get gone(): boolean {
    return this.availability.gone;
  }

  get workingPath(): Path | undefined {
    return this.psp.working;
  }

  get heldCount(): number {
    return this.held.count;
  }

  override submit(io: Io): void {
    this.retries[io] = 0;
    if (this.blocked) this.held.hold(io);
    else this.issue(io);
  }

  override complete(io: Io): void {
    const { op, path: paths, status } = this.sim.requests;
    const path = this.byIndex[paths[io]];
    path.returned(io);
    if (status[io] === 0) {
      if (op[io] > WRITE) {
        this.vaai.finished(io);
        this.reservation.ended(io, path);
      }
      this.leave(io).complete(io);
    } else {
      this.failed(io, path);
    }
  }

  /** A pause before another try is over, or a command is to fail without having been sent. */
  override fire(io: Io): void {
    if (this.sim.requests.status[io] !== 0) {
      this.finishFailed(io);
    } else if (this.blocked) {
      this.held.hold(io);
    } else {
      this.issue(io);
    }
  }

  status(): DeviceStatus {
    const { plugin, satp, paths } = this;
    return {
      plugin,
      satp,
      satpConfig: this.model.config(paths),
      psp: this.pspName,
      pspConfig: this.psp.config(),
      workingPaths: paths.filter((path) => path.working).map((path) => path.name),
    };
  }

  /** Gives back a command that is to be aborted; one on its way ends as aborted when it returns. */
  giveBack(io: Io): Recall {
    const { path, status } = this.sim.requests;
    if (this.held.remove(io)) return WITHDRAWN;
    if (this.retries[io] === ABORTED) return ASKED;
    this.retries[io] = ABORTED;
    if (hasSigned(this.sim.requests, io, this))
      return recallFrom(this.byIndex[path[io]].adapter, io);
    // A pause before another try: there will be none.
    status[io] = hostStatus(HOST_ABORT);
    return COMES_BACK;
  }

  rescan(): void {
    this.monitor.rescan();
  }

  halt(on: boolean): void {
    this.monitor.halt(on);
    this.reservation.isHalted = on;
  }

  detach(): string | undefined {
    if (this.state === DEVICE_OFF) return undefined;
    const busy = this.held.count > 0 || this.paths.some((path) => path.active > 0);
    if (busy) return 'it is in use: unmount its datastore first';
    this.availability.detach();
    this.monitor.detach();
    this.pathsChanged('device detached');
    return undefined;
  }

  attach(): void {
    if (this.state !== DEVICE_OFF) return;
    this.monitor.attach();
    this.availability.attach();
    this.pathsChanged('device attached');
  }

  /** After anything about a path changed: chooses again, says what that means, lets I/O go on. */
  pathsChanged(why: string): void {
    const { activator } = this.monitor;
    this.availability.update(why);
    this.use.choose(this.psp, why);
    if (this.gone) {
      this.blocked = true;
      this.held.review();
      return;
    }
    const { working, wanted } = this.psp;
    this.blocked = this.monitor.doubts > 0 || working === undefined;
    if (this.monitor.doubts === 0) {
      activator.consider(working, wanted);
      this.entity.values[this.activationsSlot] = activator.count;
    }
    while (!this.blocked) {
      const io = this.held.shift();
      if (io === NO_IO) break;
      this.issue(io);
    }
  }

  borrow(): Io {
    return this.held.shift();
  }

  takeBack(io: Io): void {
    if (this.retries[io] === ABORTED) {
      this.sim.requests.status[io] = hostStatus(HOST_ABORT);
      this.after(0, io);
    } else if (this.blocked && this.state === DEVICE_ON) {
      this.held.unshift(io);
    } else if (this.blocked) {
      this.held.hold(io);
    } else {
      this.issue(io);
    }
  }

  /** Changes the path selection policy. */
  protected setSelector(name: string, selector: PathSelector): void {
    this.psp = selector;
    this.pspName = name;
    this.pathsChanged(`policy set to ${name}`);
  }

  private issue(io: Io): void {
    const { reservation } = this;
    if (reservation.active && reservation.isLostFor(io)) {
      this.after(0, io);
      return;
    }
    const pinned = reservation.active ? reservation.pinned : undefined;
    const path = pinned ?? this.psp.select(io)!;
    path.send(io);
    this.enter(io);
    path.adapter.submit(io);
  }

  private failed(io: Io, path: Path): void {
    const { op, status, sense } = this.sim.requests;
    const verdict = judge(status[io], sense[io]);
    const device = deviceOf(status[io]);
    if (device === TASK_SET_FULL || device === BUSY) this.onQueueFull?.();
    if (this.reservation.failed(io, path)) {
      this.finishFailed(io);
      return;
    }
    if (verdict.transient) this.monitor.health.failed(path);
    if (!this.mayRetry(io, verdict) && !this.leavesPath(io, path, verdict)) {
      if (verdict.probe) this.suspect(path, io);
      this.giveUp(io);
      return;
    }
    if (isSoftThreshold(sense[io])) {
      const why = `${OP_NAMES[op[io]]} got 06/38/07`;
      this.sim.log.note('device.thin.threshold', this.title, 'soft threshold of the pool', why);
    }
    const attempt = countTry(this.retries, io, verdict);
    this.entity.values[this.retriesSlot]++;
    this.react(io, path, verdict);
    status[io] = 0;
    sense[io] = 0;
    const pauseNs =
      verdict.pause === 'conflict'
        ? this.reservation.pauseNs(path, attempt)
        : pauseAfter(verdict, attempt, this.settings);
    if (pauseNs > 0) this.after(pauseNs, io);
    else if (this.blocked) this.held.hold(io);
    else this.issue(io);
  }

  private giveUp(io: Io): void {
    const { status, sense } = this.sim.requests;
    if (this.retries[io] === ABORTED) {
      status[io] = hostStatus(HOST_ABORT);
      sense[io] = 0;
    }
    this.finishFailed(io);
  }

  private finishFailed(io: Io): void {
    this.vaai.finished(io);
    this.reservation.ended(io, undefined);
    this.leave(io).complete(io);
  }

  private mayRetry(io: Io, verdict: Verdict): boolean {
    if (verdict.action === 'up' || this.retries[io] === ABORTED) return false;
    if (verdict.pause === 'conflict') {
      return triesOf(this.retries[io], verdict) < this.settings.get('Scsi.ConflictRetries');
    }
    if (verdict.attention && !this.settings.on('Disk.RetryUnitAttention')) return false;
    return triesOf(this.retries[io], verdict) < verdict.limit;
  }

  /** Retries are used up: with action_OnRetryErrors the path is dead, if there is another. */
  private leavesPath(io: Io, path: Path, verdict: Verdict): boolean {
    if (!this.model.deadOnRetryErrors || !verdict.transient || verdict.limit === 0) return false;
    if (this.retries[io] === ABORTED) return false;
    if (!this.paths.some((other) => other !== path && other.usable)) return false;
    this.monitor.condemn(path, `${this.reasonOf(io)} again and again`);
    this.pathsChanged('retries were used up');
    this.retries[io] = 0;
    return true;
  }

  /** What a failure means for the path, beyond the command's own next try. */
  private react(io: Io, path: Path, verdict: Verdict): void {
    switch (verdict.action) {
      case 'start':
        if (this.settings.on('Scsi.ScsiAllowDeviceSpinup')) this.monitor.startUnit(path);
        break;
      case 'retry':
        if (verdict.probe) this.suspect(path, io);
        break;
      default:
        this.blame(io, path, verdict);
    }
  }

  /** The failure was the path's: finds out what the path is worth now. */
  private blame(io: Io, path: Path, verdict: Verdict): void {
    const reason = this.reasonOf(io);
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
    if (this.isNews(path, io)) this.monitor.suspect(path, this.reasonOf(io));
  }

  private reasonOf(io: Io): string {
    const { op, status, sense } = this.sim.requests;
    return `${OP_NAMES[op[io]]} got ${formatStatus(status[io], sense[io])}`;
  }
}
