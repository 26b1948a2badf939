import { assert } from '../../../core/assert.js';
import type { Io } from '../../../core/io.js';
import { LUN_RESET, START_UNIT } from '../../../core/io.js';
import type { Sim } from '../../../core/sim.js';
import { formatStatus, HOST_ERROR, HOST_TIMEOUT, hostOf } from '../../../core/status.js';
import type { Settings } from '../../settings.js';
import { Activator } from './activator.js';
import { INCONCLUSIVE, readAnswer } from './answer.js';
import type { ArrayModel } from './define.js';
import type { Path, PathOwner } from './path.js';
import { type HealthSettings, PathHealth } from './path-health.js';
import { PATH_DEAD, PATH_OFF } from './path-state.js';
import { PathProber, type Probed } from './prober.js';

/** A path that failed again this soon after a probe found it well is probed no faster (model). */
const DOUBT_PERIOD_NS = 1e9;
/** How often a target that changes state is asked again. */
const POLL_NS = 1e9;
/** A target may be in transition this long (implicit transition time; from memory). */
const TRANSITION_NS = 60e9;
/** A path with commands and no answer at all for this long is probed: a guest's time-out (model). */
const STALL_NS = 30e9;
const STALL_CHECK_NS = 10e9;
/** A probe is a command too: the retry table repeats those that end with HOST_ERROR. */
const PROBE_RETRIES = 5;

/** What the monitor needs from its device. */
export interface Monitored {
  readonly uid: string;
  /** Lost for good or detached: nothing is probed. */
  readonly gone: boolean;
  /** Path states or doubts have changed. */
  pathsChanged(why: string): void;
  borrow(): Io;
  takeBack(io: Io): void;
}

/**
 * Knows the states of one device's paths. A state changes only when a probe is answered, a command
 * says that the LUN is lost, or the administrator wants it; everything else, link events and failed
 * commands too, only makes the monitor ask.
 */
export class PathMonitor implements PathOwner, Probed {
  /** Paths that are in doubt. */
  doubts = 0;
  readonly health: PathHealth;
  readonly activator: Activator;
  private readonly prober: PathProber;
  private polling = false;
  private starting = false;
  /** Paths whose last answer told nothing. */
  private readonly unclear = new Set<Path>();
  /** What made us ask a path, for the event log. */
  private readonly reasons = new Map<Path, string>();

  constructor(
    private readonly sim: Sim,
    name: string,
    private readonly paths: readonly Path[],
    private readonly model: ArrayModel,
    settings: Settings,
    healthSettings: HealthSettings,
    private readonly device: Monitored,
  ) {
    this.prober = new PathProber(sim, `${name} prober`, model.reportsGroups, this);
    this.activator = new Activator(sim, name, model, paths, this.prober, {
      readAll: (why) => {
        for (const path of paths) this.ask(path, why);
      },
      review: (why) => {
        if (!device.gone) device.pathsChanged(why);
      },
    });
    this.health = new PathHealth(sim, settings, healthSettings, {
      ask: (path, why) => this.ask(path, why),
      pathsChanged: (why) => device.pathsChanged(why),
    });
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

  /** A command failed, but commands go on: asks the path unless it has just proved that it works. */
  suspect(path: Path, reason: string): void {
    if (this.sim.now - path.provenAt >= DOUBT_PERIOD_NS) this.ask(path, reason);
  }

  /** The path said that the LUN is gone for good. */
  lose(path: Path, reason: string): void {
    path.lost = true;
    this.condemn(path, reason);
    this.askOthers(path, 'another path lost the LUN');
    this.device.pathsChanged(reason);
  }

  /** The path is dead without a probe. */
  condemn(path: Path, reason: string): void {
    this.clearDoubt(path);
    path.move(PATH_DEAD, reason);
  }

  /** Probes a path; the answer decides about its state. */
  ask(path: Path, reason: string): void {
    if (path.state === PATH_OFF) return;
    if (!this.reasons.has(path)) this.reasons.set(path, reason);
    this.prober.probe(path);
  }

  /** Tells the device to spin up, once at a time. */
  startUnit(path: Path): void {
    if (this.starting) return;
    this.starting = true;
    path.note('path.start-unit', 'device told to start', 'it answered 02/04/02');
    this.prober.command(path, START_UNIT, () => {
      this.starting = false;
    });
  }

  resetDevice(path: Path): void {
    this.prober.command(path, LUN_RESET, () => undefined);
  }

  /** Paths are probed no more; or again, and all of them at once. */
  halt(on: boolean): void {
    this.prober.halted = on;
    if (!on) this.rescan();
  }

  rescan(): void {
    for (const path of this.paths) path.lost = false;
    for (const path of this.paths) this.ask(path, 'rescan');
  }

  /** All paths off: the device is being detached. */
  detach(): void {
    for (const path of this.paths) this.switchOff(path, 'device detached');
  }

  /** All paths on again, in the state a boot would find them in. */
  attach(): void {
    for (const path of this.paths) {
      path.move(this.firstState(path), 'device attached');
      this.ask(path, 'device attached');
    }
  }

  setAdminState(path: Path, want: 'on' | 'off'): string | undefined {
    if (this.device.gone) return `${this.device.uid} is lost or detached`;
    if (want === 'on') {
      this.switchOn(path, 'switched on');
      return undefined;
    }
    const others = this.paths.some((other) => other !== path && other.usable);
    if (path.usable && !others) return `it is the last usable path of ${this.device.uid}`;
    this.switchOff(path, 'switched off');
    this.device.pathsChanged('path switched off');
    return undefined;
  }

  pathsChanged(why: string): void {
    this.device.pathsChanged(why);
  }

  probed(path: Path, status: number, senseData: number, sentAt: number): void {
    if (path.state === PATH_OFF) return;
    this.health.answered(path, hostOf(status) === 0);
    if (hostOf(status) === HOST_ERROR && path.failedProbes++ < PROBE_RETRIES) {
      this.prober.probe(path);
      return;
    }
    path.failedProbes = 0;
    const state = readAnswer(this.model, path, status, senseData);
    if (state === INCONCLUSIVE) {
      this.askAgain(path);
      return;
    }
    const answer = status === 0 ? 'answered' : `got ${formatStatus(status, senseData)}`;
    const why = `${this.reasons.get(path) ?? 'path evaluation'}; TEST UNIT READY ${answer}`;
    this.reasons.delete(path);
    if (state !== PATH_DEAD && sentAt > path.provenAt) path.provenAt = sentAt;
    if (path.doubted && path.state === state) path.clearedAt = this.sim.now;
    const died = state === PATH_DEAD && path.state !== PATH_DEAD;
    this.clearDoubt(path);
    path.move(state, why);
    if (path.lost) this.askOthers(path, 'another path lost the LUN');
    else if (died && hostOf(status) === HOST_TIMEOUT)
      this.askOthers(path, 'another path is silent');
    if (state !== PATH_DEAD && this.model.reportsGroups) this.readGroups(path);
    this.device.pathsChanged(why);
    this.poll();
  }

  borrow(): Io {
    return this.device.borrow();
  }

  takeBack(io: Io): void {
    this.device.takeBack(io);
  }

  private switchOn(path: Path, why: string): void {
    path.move(PATH_DEAD, `${why}, not probed yet`);
    this.ask(path, why);
  }

  private switchOff(path: Path, why: string): void {
    this.clearDoubt(path);
    this.reasons.delete(path);
    path.transitioning = false;
    path.move(PATH_OFF, why);
  }

  /** After an answer that told nothing; probes of one path that come meanwhile share the next. */
  private askAgain(path: Path): void {
    if (this.unclear.has(path)) return;
    this.unclear.add(path);
    this.sim.timers.delay(POLL_NS, () => {
      this.unclear.delete(path);
      this.ask(path, 'no clear answer');
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
      const state = readAnswer(this.model, other, 0, 0);
      other.move(state, `target port groups reported over ${path.name}`);
    }
  }

  private probeAll(): void {
    if (this.device.gone) return;
    for (const path of this.paths) {
      if (path.state !== PATH_OFF) this.prober.probe(path);
    }
  }

  /**
   * Asks paths that are changing state again in a second. A transition that takes longer than it may
   * is left to the path evaluation.
   */
  private poll(): void {
    const { now } = this.sim;
    let moving = false;
    for (const path of this.paths) {
      if (!path.transitioning) path.transitionSince = -1;
      else if (path.transitionSince < 0) path.transitionSince = now;
      if (path.transitioning && now - path.transitionSince < TRANSITION_NS) moving = true;
    }
    if (this.polling || !moving) return;
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

  private firstState(path: Path): number {
    return path.nexus.up ? readAnswer(this.model, path, 0, 0) : PATH_DEAD;
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
      path.state = this.firstState(path);
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
