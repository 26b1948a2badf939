import type { Entity } from '../../../core/meters.js';
import type { Sim } from '../../../core/sim.js';
import { CHECK, HOST_NO_CONNECT, hostStatus } from '../../../core/status.js';
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
  private cancelTimer: (() => void) | undefined;
  private readonly listeners: (() => void)[] = [];
  private readonly stateSlot: number;
  private readonly unavailableIsDown: boolean;

  /**
   * @param title name in the event log
   * @param onTimeout called when the APD time-out has passed
   * @param isIdle true when nothing has used the device since it was last asked
   */
  constructor(
    private readonly sim: Sim,
    private readonly title: string,
    private readonly paths: readonly Path[],
    private readonly settings: Settings,
    private readonly entity: Entity,
    private readonly onTimeout: () => void,
    private readonly isIdle: () => boolean,
  ) {
    this.connected = paths.length;
    this.stateSlot = entity.slot('state');
    this.unavailableIsDown = settings.on('Scsi.ExtendAPDCondition');
  }

  /** Calls `listener` after the state has changed. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Lost for good or detached: commands fail at once and nothing is probed. */
  get gone(): boolean {
    return this.lost || this.state === DEVICE_OFF;
  }

  get lost(): boolean {
    return this.state === DEVICE_PDL || this.state === DEVICE_REMOVED;
  }

  /**
   * Status with which a command that has no path ends at once; 0 keeps it waiting.
   * @param world 0 is the host itself
   */
  refusal(world: number): number {
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
    if (this.listeners.length > 0) this.sim.timers.delay(0, this.tell);
  }

  private readonly tell = (): void => {
    for (const listener of this.listeners) listener();
  };

  private note(kind: string, what: string, why: string): void {
    this.sim.log.note(kind, this.title, what, why);
  }
}
