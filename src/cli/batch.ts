import { InputError } from '../engine/core/errors.js';
import { parseStamp } from '../engine/formats/pdh/stamp.js';
import { Simulation } from '../engine/simulation/simulation.js';
import { batchHosts, batchLines } from '../output/batch.js';
import { loadScenario } from '../scenario/load.js';
import { readInteger, readSeed } from './options.js';

export interface BatchArguments {
  readonly scenario?: string | undefined;
  readonly session?: string | undefined;
  readonly 'save-session'?: string | undefined;
  readonly seed?: string | undefined;
  readonly delay?: string | undefined;
  readonly iterations?: string | undefined;
  readonly all?: boolean | undefined;
  readonly host?: string | undefined;
  readonly start?: string | undefined;
}

/** esxtop's own interval; it takes 2 s at least, a simulation has no such limit. */
const DELAY_SECONDS = 5;
const DELAY_MAX = 86_400;
const ITERATIONS_MAX = 10_000_000;
/** When a simulation starts where nobody says otherwise: any fixed time does (model). */
const START = '2026-01-01 00:00:00';
const NS_PER_S = 1e9;
/** Options about sessions: a batch file is written from a scenario. */
const SESSION_ONLY = ['session', 'save-session'] as const;

/** `vmtop --batch`: esxtop's batch mode over a simulation. */
export async function writeBatch(args: BatchArguments): Promise<void> {
  const unfit = SESSION_ONLY.find((option) => args[option] !== undefined);
  if (unfit !== undefined) {
    throw InputError.of(`--${unfit}`, 'is not for batch mode', 'leave --batch or it out');
  }
  const delay = readInteger('--delay', args.delay, 1, DELAY_MAX) ?? DELAY_SECONDS;
  const asked = readInteger('--iterations', args.iterations, 1, ITERATIONS_MAX);
  const startsAt = readStart(args.start ?? START);
  const scenario = args.scenario ?? 'default';
  const plan = loadScenario(scenario, {
    seed: readSeed(args.seed),
    durationNs: asked === undefined ? undefined : asked * delay * NS_PER_S,
  });
  const hosts = batchHosts(
    plan.hosts.map(({ name }) => name),
    args.host,
  );
  const count = asked ?? Math.floor(plan.durationNs / (delay * NS_PER_S));
  if (count === 0) {
    throw InputError.of('--delay', `${plan.name} ends before ${delay} s`, 'say how many with -n');
  }
  const lines = batchLines(new Simulation(plan), {
    hosts,
    all: args.all ?? false,
    intervalNs: delay * NS_PER_S,
    count,
    startsAt,
  });
  for (const line of lines) {
    // The reader may fall behind or leave: both are heard of between two lines.
    if (!process.stdout.write(line)) await drained();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function drained(): Promise<void> {
  return new Promise((resolve) => process.stdout.once('drain', () => resolve()));
}

function readStart(text: string): number {
  const [, year, month, day, time] =
    /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}:\d{2}:\d{2})Z?$/.exec(text) ?? [];
  const seconds = parseStamp(`${month}/${day}/${year} ${time}`);
  if (seconds !== undefined) return seconds;
  throw InputError.of('--start', `expected a date and time, found "${text}"`, `such as "${START}"`);
}
