import { Stream } from '../../src/engine/core/random.js';
import { FAULTS } from '../../src/engine/faults/index.js';
import type { Plan } from '../../src/engine/plan/plan.js';
import { lightPlan, MS, Run } from './support.js';

export interface Strike {
  readonly fault: string;
  readonly target: string;
  readonly params: Readonly<Record<string, number>>;
  readonly atNs: number;
  readonly untilNs: number;
}

/** When guests stop, and when the last fault is healed. */
export const STORM_STOP_NS = 1_000 * MS;
export const STORM_HEALED_NS = 1_500 * MS;

/** Settings as bad as a storm's faults get. */
const PARAMS: Readonly<Record<string, (stream: Stream) => Record<string, number>>> = {
  'path-slow': (stream) => ({ delay: 1_000 * (1 + stream.below(20_000)) }),
  'path-lossy': (stream) => ({ rate: 0.01 + 0.19 * stream.unit() }),
  'slow-device': (stream) => ({ factor: 2 + stream.below(50) }),
  'fill-datastore': (stream) => ({ leave: stream.below(8) * 1024 * 1024 }),
  'fill-pool': (stream) => ({ leave: stream.below(8) * 1024 * 1024 }),
  'noisy-neighbour': (stream) => ({ iodepth: 1 + stream.below(32), read: stream.below(101) }),
};

/** Random faults on random targets that overlap one another in time, all healed in the end. */
function strikes(stream: Stream, run: Run, names: readonly string[], hot: RegExp): Strike[] {
  const list: Strike[] = [];
  for (let left = 6 + stream.below(10); left > 0; left--) {
    const fault = names[stream.below(names.length)];
    const kind = FAULTS.find(({ name }) => name === fault)!.target;
    const targets = run.simulation.faultTargets(kind).filter((name) => hot.test(name));
    if (targets.length === 0) continue;
    const target = targets[stream.below(targets.length)];
    const atNs = stream.below(900 * MS);
    const untilNs = Math.min(STORM_HEALED_NS, atNs + 1 + stream.below(700 * MS));
    list.push({ fault, target, params: PARAMS[fault]?.(stream) ?? {}, atNs, untilNs });
  }
  return list;
}

/**
 * Runs a light default scenario, or another plan, through a storm; it stands where all faults are
 * healed.
 * @param hot names of targets: with few of them faults meet one another
 */
export function weather(
  seed: number,
  names: readonly string[],
  hot = /./,
  plan: Plan = lightPlan(STORM_STOP_NS, { seed, iodepth: 4, thinkNs: 2 * MS }),
): { run: Run; list: readonly Strike[] } {
  const run = new Run(plan);
  const list = strikes(new Stream(seed, 'storm'), run, names, hot);
  const heals = new Map<Strike, () => void>();
  const acts = list
    .flatMap((strike) => [
      { at: strike.atNs, strike, begins: true },
      { at: strike.untilNs, strike, begins: false },
    ])
    .sort((a, b) => a.at - b.at);
  for (const { at, strike, begins } of acts) {
    run.simulation.runUntil(at);
    if (begins) heals.set(strike, run.inject(strike.fault, strike.target, strike.params));
    else heals.get(strike)!();
  }
  run.simulation.runUntil(STORM_HEALED_NS);
  return { run, list };
}
