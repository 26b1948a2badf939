import type { Sim } from '../../core/sim.js';
import type { AlarmPlan } from '../../plan/plan.js';
import { FILE_BLOCK } from './file.js';

/**
 * 75 % and 85 % (stack-upper reference, 8.2). Looking every 20 s, as often as vCenter takes its
 * real-time statistics (from memory), and the hysteresis are model.
 */
export const ALARM_DEFAULTS: AlarmPlan = {
  yellow: 75,
  red: 85,
  hysteresis: 2,
  refreshNs: 20_000_000_000,
};

export const GREEN = 0;
export const YELLOW = 1;
export const RED = 2;
const COLOURS = ['green', 'yellow', 'red'];

/** Looks at the datastore that the forecast goes by: 5 minutes of them unless set otherwise. */
const LOOKS = 15;
const NS_PER_S = 1e9;

/** What is watched, in file blocks. */
interface Watched {
  readonly name: string;
  readonly capacity: number;
  readonly free: number;
}

/**
 * Looks at a datastore's free space now and then, as vCenter does: raises an alarm when its use
 * crosses a threshold and ends it some percent below, and fits a line to the last looks (least
 * squares), whose slope is the growth from which screens tell when the datastore is full.
 */
export class CapacityWatch {
  /** GREEN, YELLOW or RED. */
  level = GREEN;
  private fitted = 0;
  private readonly times: number[] = [];
  private readonly uses: number[] = [];

  constructor(
    private readonly sim: Sim,
    private readonly watched: Watched,
    readonly plan: AlarmPlan,
  ) {
    sim.timers.every(plan.refreshNs, () => this.look('used space'));
    // What is in use when the run begins is no crossing.
    sim.timers.at(sim.now, () => {
      this.note();
      this.level = this.levelAt(this.percent);
    });
  }

  /**
   * Blocks of 512 bytes per second by which the space in use grows; negative where it shrinks. Until
   * there are two looks, since the first one.
   */
  get growth(): number {
    const [since = 0, ...more] = this.times;
    if (more.length > 0 || this.sim.now <= since) return this.fitted;
    return ((this.used - (this.uses[0] ?? 0)) * NS_PER_S) / (this.sim.now - since);
  }

  /** @param why what an alarm that changes now is put down to */
  look(why: string): void {
    this.note();
    const level = this.levelAt(this.percent);
    if (level === this.level) return;
    const before = COLOURS[this.level];
    this.level = level;
    const what = `from ${before} to ${COLOURS[level]}: ${this.percent.toFixed(1)} % in use`;
    this.sim.log.note('datastore.alarm', this.watched.name, what, why);
  }

  private get percent(): number {
    const { capacity, free } = this.watched;
    return (100 * (capacity - free)) / capacity;
  }

  private note(): void {
    const { times, uses } = this;
    if (times.at(-1) !== this.sim.now) {
      times.push(this.sim.now);
      uses.push(this.used);
    }
    if (times.length > LOOKS) {
      times.shift();
      uses.shift();
    }
    this.fitted = slope(times, uses) * NS_PER_S;
  }

  private get used(): number {
    return (this.watched.capacity - this.watched.free) * FILE_BLOCK;
  }

  /** An alarm rises at its threshold and falls where the hysteresis ends. */
  private levelAt(percent: number): number {
    const { yellow, red, hysteresis } = this.plan;
    const slack = (level: number): number => (this.level >= level ? hysteresis : 0);
    if (percent >= red - slack(RED)) return RED;
    return percent >= yellow - slack(YELLOW) ? YELLOW : GREEN;
  }
}

/** Of the line with the least squared distances from the points; 0 for fewer than two. */
function slope(xs: readonly number[], ys: readonly number[]): number {
  const count = xs.length;
  if (count < 2) return 0;
  const meanX = xs.reduce((sum, x) => sum + x, 0) / count;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / count;
  let above = 0;
  let below = 0;
  for (let index = 0; index < count; index++) {
    const distance = (xs[index] as number) - meanX;
    above += distance * ((ys[index] as number) - meanY);
    below += distance * distance;
  }
  return below > 0 ? above / below : 0;
}
