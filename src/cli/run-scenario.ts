import { InputError } from '../engine/core/errors.js';
import { loadScenario } from '../scenario/load.js';
import { runHeadless } from './headless.js';
import { readSeed, readSpan } from './options.js';

export interface RunArguments {
  readonly scenario: string;
  readonly seed?: string | undefined;
  readonly duration?: string | undefined;
  readonly interval?: string | undefined;
  readonly events?: string | undefined;
  readonly json: boolean;
}

/** `vmtop run`. */
export async function runScenario(args: RunArguments): Promise<void> {
  const intervalNs = readSpan('--interval', args.interval);
  if (intervalNs !== undefined && !args.json) {
    throw InputError.of('--interval', 'only the JSON document has intervals', 'add --json');
  }
  const plan = loadScenario(args.scenario, {
    seed: readSeed(args.seed),
    durationNs: readSpan('--duration', args.duration),
  });
  runHeadless(plan, {
    json: args.json,
    events: args.events,
    intervalNs,
  });
}
