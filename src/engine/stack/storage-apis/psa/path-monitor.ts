import { assert } from '../../../core/assert.js';
import type { Io } from '../../../core/io.js';
import type { Sim } from '../../../core/sim.js';
import { formatStatus, HOST_TIMEOUT, hostOf } from '../../../core/status.js';
import type { Settings } from '../../settings.js';
import { INCONCLUSIVE, readAnswer } from './answer.js';
import type { Satp } from './define.js';
import type { Path, PathOwner } from './path.js';
import { PATH_DEAD, PATH_OFF, PATH_STANDBY, PATH_STATE_NAMES } from './path-state.js';
import { PathProber, type Probed } from './prober.js';

/** A path that failed again this soon after a probe found it well is probed no faster (model). */
const DOUBT_PERIOD_NS = 1e9;
/** How often a target that changes state, or could not be activated, is asked again. */
const POLL_NS = 1e9;
/** A path with commands and no answer at all for this long is probed: a guest's time-out (model). */
const STALL_NS = 30e9;
const STALL_CHECK_NS = 10e9;

/** What the monitor needs from its device. */
export interface Monitored {
  readonly uid: string;
  /** Permanently lost: nothing is probed any more. */
  readonly gone: boolean;
  /** Path states or doubts have changed. */
  pathsChanged(why: string): void;
  lend(path: Path, prober: PathProber): Io;
}

/**
 * Knows the states of one device's paths. A state changes only when a probe is answered, a command
 * says that the LUN is lost, or the administrator wants it; everything else, link events and failed
 * commands too, only makes the monitor ask.
 */
export class PathMonitor implements PathOwner, Probed {
  /** Paths that are in doubt. */
  doubts = 0;
  private readonly prober: PathProber;
  private polling = false;
  private activating = false;
  /** What made us ask a path, for the event log. */
  private readonly reasons = new Map<Path, string>();

  /** @param byIndex the device's paths by their number on the host */
  constructor(
    private readonly sim: Sim,
    name: string,
    private readonly paths: readonly Path[],
    byIndex: readonly Path[],
    private readonly satp: Satp,
    settings: Settings,
    private readonly device: Monitored,
  ) {
    this.prober = new PathProber(sim, `${name} prober`, byIndex, this);
    this.discover();
    sim.timers.every(settings.ns('Disk.PathEvalTime'), () => this.probeAll());
    sim.timers.every(STALL_CHECK_NS, () => this.findStalled());
  }

  /** The path may have failed: commands are held until it has been asked. */
  doubt(path: Path, reason: string): void {
    path.doubted = true;
    this.doubts++;
    const waitNs = path.clearedAt + DOUBT_PERIOD_NS - this.sim.now;
    if (waitNs > 0) this.sim.timers.delay(waitNs, () => this.ask(path, reason));
    else this.ask(path, reason);
  }

  /** What is known of all paths is out of date. */
  doubtAll(reason: string): void {
    for (const path of this.paths) {
      if (!path.usable) this.ask(path, reason);
      else if (!path.doubted) this.doubt(path, reason);
    }
  }

  /** The path said that the LUN is gone for good. */
  lose(path: Path, reason: string): void {
    path.lost = true;
    this.clearDoubt(path);
    this.move(path, PATH_DEAD, reason);
    this.askOthers(path, 'another path lost the LUN');
    this.device.pathsChanged(reason);
  }

  /** Probes a path; the answer decides about its state. */
  ask(path: Path, reason: string): void {
    if (path.state === PATH_OFF) return;
    if (!this.reasons.has(path)) this.reasons.set(path, reason);
    this.prober.probe(path);
  }

  rescan(): void {
    for (const path of this.paths) path.lost = false;
    for (const path of this.paths) this.ask(path, 'rescan');
  }

  setAdminState(path: Path, want: 'on' | 'off'): string | undefined {
    if (want === 'on') {
      this.move(path, PATH_DEAD, 'switched on, not probed yet');
      this.ask(path, 'switched on');
      return undefined;
    }
    const others = this.paths.some((other) => other !== path && other.usable);
    if (path.usable && !others) return `it is the last usable path of ${this.device.uid}`;
    this.clearDoubt(path);
    this.reasons.delete(path);
    path.transitioning = false;
    this.move(path, PATH_OFF, 'switched off');
    this.device.pathsChanged('path switched off');
    return undefined;
  }

  probed(path: Path, status: number, senseData: number, sentAt: number): void {
    if (path.state === PATH_OFF) return;
    const state = readAnswer(this.satp, path, status, senseData);
    if (state === INCONCLUSIVE) {
      this.sim.timers.delay(POLL_NS, () => this.ask(path, 'no clear answer'));
      return;
    }
    const answer = status === 0 ? 'answered' : `got ${formatStatus(status, senseData)}`;
    const why = `${this.reasons.get(path) ?? 'path evaluation'}; TEST UNIT READY ${answer}`;
    this.reasons.delete(path);
    if (state !== PATH_DEAD && sentAt > path.provenAt) path.provenAt = sentAt;
    if (path.doubted && path.state === state) path.clearedAt = this.sim.now;
    const died = state === PATH_DEAD && path.state !== PATH_DEAD;
    this.clearDoubt(path);
    this.move(path, state, why);
    if (path.lost) this.askOthers(path, 'another path lost the LUN');
    else if (died && hostOf(status) === HOST_TIMEOUT)
      this.askOthers(path, 'another path is silent');
    if (state !== PATH_DEAD && this.satp.reportsGroups) this.readGroups(path);
    this.device.pathsChanged(why);
    this.poll();
  }

  lend(path: Path, prober: PathProber): Io {
    return this.device.lend(path, prober);
  }

  /** Only standby paths are left: asks the array to make the first one usable. */
  activate(): void {
    if (this.activating || this.paths.some((path) => path.transitioning)) return;
    const path = this.paths.find((candidate) => candidate.state === PATH_STANDBY);
    if (path === undefined) return;
    this.activating = true;
    // From an event of its own: the array may tell its listeners at once.
    this.sim.timers.delay(0, () => this.satp.activate(path));
    this.sim.timers.delay(POLL_NS, () => {
      this.activating = false;
      this.probeAll();
    });
  }

  private clearDoubt(path: Path): void {
    if (path.doubted) this.doubts--;
    path.doubted = false;
  }

  private askOthers(path: Path, reason: string): void {
    for (const other of this.paths) {
      if (other !== path && !other.lost) this.ask(other, reason);
    }
  }

  /** The target that answered on `path` tells the access states of the others as well. */
  private readGroups(path: Path): void {
    for (const other of this.paths) {
      if (other === path || other.state === PATH_DEAD || other.state === PATH_OFF) continue;
      const state = readAnswer(this.satp, other, 0, 0);
      this.move(other, state, `target port groups reported over ${path.name}`);
    }
  }

  private probeAll(): void {
    if (this.device.gone) return;
    for (const path of this.paths) {
      if (path.state !== PATH_OFF) this.prober.probe(path);
    }
  }

  private move(path: Path, state: number, why: string): void {
    if (path.state === state) return;
    const what = `${path.stateName} -> ${PATH_STATE_NAMES[state]}`;
    path.state = state;
    this.sim.log.note('path.state', path.title, what, why);
  }

  /** Asks paths that are changing state again in a second. */
  private poll(): void {
    if (this.polling || !this.paths.some((path) => path.transitioning)) return;
    this.polling = true;
    this.sim.timers.delay(POLL_NS, () => {
      this.polling = false;
      for (const path of this.paths) {
        if (path.transitioning) this.ask(path, 'target was in transition');
      }
    });
  }

  private findStalled(): void {
    for (const path of this.paths) {
      if (!path.usable || path.doubted || !path.isSilent(STALL_NS)) continue;
      this.ask(path, 'commands without an answer');
    }
  }

  /** First states of the paths, and who tells us when they change. */
  private discover(): void {
    const later = (path: Path, why: string): void => {
      // Listeners may be called from inside a command's way; probes are sent from an event.
      this.sim.timers.delay(0, () => {
        if (!this.device.gone) this.ask(path, why);
      });
    };
    for (const path of this.paths) {
      assert(path.owner === undefined, `${path.title} belongs to two devices`);
      path.owner = this;
      path.state = path.nexus.up ? readAnswer(this.satp, path, 0, 0) : PATH_DEAD;
      path.nexus.onChange(() => later(path, path.nexus.up ? 'connection changed' : 'link down'));
      path.adapter.onLinkChange(() => later(path, 'adapter link changed'));
    }
    for (const lun of new Set(this.paths.map((path) => path.lun))) {
      const mine = this.paths.filter((path) => path.lun === lun);
      lun.onStateChange(() => {
        for (const path of mine) later(path, 'LUN changed state');
      });
    }
  }
}
