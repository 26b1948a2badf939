import type { Io } from '../../../core/io.js';
import type { Entity } from '../../../core/meters.js';
import type { Sim } from '../../../core/sim.js';
import {
  CHECK,
  HOST_NO_CONNECT,
  hostStatus,
  SENSE_LUN_NOT_SUPPORTED,
} from '../../../core/status.js';
import { formatDuration } from '../../../core/units.js';
import type { Settings } from '../../settings.js';
import type { Path } from './path.js';
import { PATH_DEAD, PATH_OFF, PATH_UNAVAILABLE } from './path-state.js';

const NO_CONNECT = hostStatus(HOST_NO_CONNECT);

/** States of a device; the numbers are those of the `device` entity's field `state`. */
export const DEVICE_ON = 0;
export const DEVICE_APD_START = 1;
export const DEVICE_APD_TIMEOUT = 2;
export const DEVICE_PDL = 3;
/** Detached by the administrator. */
export const DEVICE_OFF = 4;
/** Lost for good and no longer known to the host. */
export const DEVICE_REMOVED = 5;

/**
 * Whether a device can be reached at all: redundancy events, all paths down (APD) with its timer,
 * permanent device loss (PDL), removal. Stack-lower reference, sections 3.4, 4.5 and 4.6.
 */
export class Availability {
  state = DEVICE_ON;
  private connected: number;
  /** Commands that found no path, and how many of them there were when that was last asked. */
  private refusals = 0;
  private refusalsThen = 0;
  private cancelTimer: (() => void) | undefined;
  private readonly stateSlot: number;
  private readonly unavailableIsDown: boolean;

  /**
   * @param title name in the event log
   * @param onTimeout called when the APD time-out has passed
   * @param heldCount commands the device holds for want of a path
   */
  constructor(
    private readonly sim: Sim,
    private readonly title: string,
    private readonly paths: readonly Path[],
    private readonly settings: Settings,
    private readonly entity: Entity,
    private readonly onTimeout: () => void,
    private readonly heldCount: () => number,
  ) {
    this.connected = paths.length;
    this.stateSlot = entity.slot('state');
    this.unavailableIsDown = settings.on('Scsi.ExtendAPDCondition');
  }

  /** Lost for good or detached: commands fail at once and nothing is probed. */
  get gone(): boolean {
    return this.lost || this.state === DEVICE_OFF;
  }

  get lost(): boolean {
    return this.state === DEVICE_PDL || this.state === DEVICE_REMOVED;
  }

  /** True when a command that has no path ends at once, with the status it has then; else it waits. */
  refuses(io: Io): boolean {
    const { status, sense, world } = this.sim.requests;
    this.refusals++;
    status[io] = this.refusal(world[io]);
    sense[io] = status[io] === CHECK ? SENSE_LUN_NOT_SUPPORTED : 0;
    return status[io] !== 0;
  }

  /** @param world 0 is the host itself */
  private refusal(world: number): number {
    if (this.lost) return CHECK;
    if (this.state === DEVICE_OFF) return NO_CONNECT;
    if (this.state !== DEVICE_APD_TIMEOUT) return 0;
    return world === 0 || this.settings.on('Scsi.FailVMIOonAPD') ? NO_CONNECT : 0;
  }

  /** Path states may have changed: moves to the state they imply and says so. */
  update(why: string): void {
    if (this.state === DEVICE_OFF) return;
    const before = this.connected;
    const after = this.countConnected();
    this.connected = after;
    if (after < before) this.lose(after, why);
    if (after > before) this.gain(before, after, why);
    if (after === 0) this.goDown(why);
  }

  /** The administrator takes the device away: no event but this one. */
  detach(): void {
    this.stopTimer();
    this.enter(DEVICE_OFF);
    this.note('device.detached', 'switched off: its commands fail at once', 'administrator');
  }

  /** The administrator gives the device back, with its paths switched on. */
  attach(): void {
    this.enter(DEVICE_ON);
    this.connected = this.countConnected();
    this.note('device.attached', 'switched on', 'administrator');
  }

  private countConnected(): number {
    return this.paths.filter((path) => this.isConnected(path)).length;
  }

  private isConnected(path: Path): boolean {
    if (path.state === PATH_UNAVAILABLE) return !this.unavailableIsDown;
    return path.state !== PATH_DEAD && path.state !== PATH_OFF;
  }

  private lose(after: number, why: string): void {
    const left = `${after} of ${this.paths.length} paths left`;
    if (after > 1) this.note('device.redundancy.degraded', left, why);
    else if (after === 1) this.note('device.redundancy.lost', left, why);
  }

  private gain(before: number, after: number, why: string): void {
    if (before === 0) this.comeBack(why);
    if (after === this.paths.length && this.paths.length > 1) {
      this.note('device.redundancy.restored', `all ${after} paths are back`, why);
    }
  }

  private goDown(why: string): void {
    if (this.lost) return;
    const asked = this.paths.filter((path) => path.state !== PATH_OFF);
    if (asked.length > 0 && asked.every((path) => path.lost)) {
      this.loseForGood(why);
      return;
    }
    if (this.state !== DEVICE_ON) return;
    this.enter(DEVICE_APD_START);
    this.note('device.connectivity.lost', 'no path left', why);
    if (!this.settings.on('Misc.APDHandlingEnable')) return;
    const ns = this.settings.ns('Misc.APDTimeout');
    this.note('apd.start', `all paths down, time-out in ${formatDuration(ns)}`, why);
    this.cancelTimer = this.sim.timers.delay(ns, () => this.expire(ns));
  }

  private loseForGood(why: string): void {
    this.stopTimer();
    this.enter(DEVICE_PDL);
    this.note('pdl', 'permanent device loss: commands fail at once', why);
    if (this.settings.on('Disk.AutoremoveOnPDL')) this.removeLater();
  }

  /** The device goes once its last user has: when a whole delay passes without a command. */
  private removeLater(): void {
    this.isIdle();
    const ns = this.settings.ns('Disk.DiskDelayPDLHelper');
    this.cancelTimer = this.sim.timers.delay(ns, () => {
      if (!this.isIdle()) {
        this.removeLater();
        return;
      }
      this.cancelTimer = undefined;
      this.enter(DEVICE_REMOVED);
      this.note('device.removed', 'device and paths removed', 'Disk.AutoremoveOnPDL');
    });
  }

  /** True when no command has asked for the device since this was last called. */
  private isIdle(): boolean {
    const idle = this.refusals === this.refusalsThen && this.heldCount() === 0;
    this.refusalsThen = this.refusals;
    return idle;
  }

  private expire(ns: number): void {
    this.cancelTimer = undefined;
    this.enter(DEVICE_APD_TIMEOUT);
    const effect = this.settings.on('Scsi.FailVMIOonAPD')
      ? 'all I/O now fails fast'
      : 'I/O of the host now fails fast, I/O of VMs is still held';
    this.note('apd.timeout', effect, `all paths down for ${formatDuration(ns)}`);
    this.onTimeout();
  }

  private comeBack(why: string): void {
    const was = this.state;
    const afresh = this.lost;
    this.stopTimer();
    this.enter(DEVICE_ON);
    const how = afresh ? 'the device is back, as a new one' : 'a path is back';
    this.note('device.connectivity.restored', how, why);
    const handled = was === DEVICE_APD_START || was === DEVICE_APD_TIMEOUT;
    if (handled && this.settings.on('Misc.APDHandlingEnable')) {
      this.note('apd.exit', 'held I/O is sent again', why);
    }
  }

  private stopTimer(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
  }

  private enter(state: number): void {
    this.state = state;
    this.entity.values[this.stateSlot] = state;
  }

  private note(kind: string, what: string, why: string): void {
    this.sim.log.note(kind, this.title, what, why);
  }
}
