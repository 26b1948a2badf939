import { Stream } from '../../src/engine/core/random.js';
import { FAULTS } from '../../src/engine/faults/index.js';
import { lightPlan, MS, Run } from './support.js';

export interface Strike {
  readonly fault: string;
  readonly target: string;
  readonly params: Readonly<Record<string, number>>;
  readonly atNs: number;
  readonly untilNs: number;
}

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
export function strikes(seed: number, run: Run, names: readonly string[]): Strike[] {
  const stream = new Stream(seed, 'storm');
  const count = Number(process.env.COUNT ?? 3) + stream.below(8);
  const list: Strike[] = [];
  for (let number = 0; number < count; number++) {
    const fault = names[stream.below(names.length)];
    const kind = FAULTS.find(({ name }) => name === fault)!.target;
    const targets = run.simulation
      .faultTargets(kind)
      .filter((t) => process.env.HOT === undefined || new RegExp(process.env.HOT).test(t));
    if (targets.length === 0) continue;
    const target = targets[stream.below(targets.length)];
    const K = Number(process.env.SCALE ?? 1);
    const atNs = stream.below(900 * MS * K);
    const untilNs = Math.min(STORM_HEALED_NS * K, atNs + 1 + stream.below(700 * MS * K));
    list.push({ fault, target, params: PARAMS[fault]?.(stream) ?? {}, atNs, untilNs });
  }
  return list;
}

/** Runs a light default scenario through a storm; it stands where all faults are healed. */
export function weather(seed: number, names: readonly string[]): { run: Run; list: Strike[] } {
  const run = new Run(
    lightPlan(STORM_STOP_NS * Number(process.env.SCALE ?? 1), {
      seed,
      ...(process.env.SCALE ? { thinkNs: 50e6, rateIops: 20 } : {}),
      ...(process.env.HEAVY ? { iodepth: 16, thinkNs: 100000, rateIops: 4000 } : {}),
    }),
  );
  const list = strikes(seed, run, names);
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
  run.simulation.runUntil(STORM_HEALED_NS * Number(process.env.SCALE ?? 1));
  return { run, list };
}
