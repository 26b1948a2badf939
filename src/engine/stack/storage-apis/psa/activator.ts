import type { Sim } from '../../../core/sim.js';
import type { ArrayModel } from './define.js';
import type { Path } from './path.js';
import { PATH_STANDBY } from './path-state.js';
import type { PathProber } from './prober.js';
import { ThrashWatch } from './thrash-watch.js';

/** A target that could not be activated, or was taken away again, is asked no sooner (model). */
const RETRY_NS = 1e9;

/** What the activator tells the monitor. */
export interface Activated {
  /** The array has answered: states are to be read. */
  readAll(why: string): void;
  /** Time for another try, if there still is need of one. */
  review(why: string): void;
}

/** Makes paths usable by command: START UNIT, SET TARGET PORT GROUPS, a vendor's trespass. */
export class Activator {
  /** Commands sent since the start. */
  count = 0;
  private busy = false;
  private readonly watch: ThrashWatch;

  constructor(
    private readonly sim: Sim,
    title: string,
    private readonly model: ArrayModel,
    private readonly paths: readonly Path[],
    private readonly prober: PathProber,
    private readonly monitor: Activated,
  ) {
    this.watch = new ThrashWatch(sim, title);
  }

  /**
   * Sends the activation command if that is called for: no path is usable and some stand by, or the
   * policy's favourite path waits for the LUN and the array type takes it back.
   */
  consider(working: Path | undefined, wanted: Path | undefined): void {
    const { activation } = this.model;
    if (activation === undefined || this.busy) return;
    if (this.paths.some((path) => path.transitioning)) return;
    const path = this.target(working, wanted);
    if (path === undefined) return;
    this.busy = true;
    this.count++;
    path.note('path.activate', 'asks the array to make it active', this.reason(working));
    this.prober.command(path, activation, (status) => {
      if (status === 0) this.watch.moved(path.name);
      this.monitor.readAll(`activation of ${path.name}`);
    });
    this.sim.timers.delay(RETRY_NS, () => {
      this.busy = false;
      this.monitor.review('activation of a path');
    });
  }

  private target(working: Path | undefined, wanted: Path | undefined): Path | undefined {
    if (working === undefined) {
      if (wanted?.state === PATH_STANDBY) return wanted;
      return this.paths.find((candidate) => candidate.state === PATH_STANDBY);
    }
    return wanted !== undefined && this.model.takesBack(wanted) ? wanted : undefined;
  }

  private reason(working: Path | undefined): string {
    return working === undefined ? 'no active path is left' : 'it is the preferred path';
  }
}
