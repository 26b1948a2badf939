import { InputError } from '../engine/core/errors.js';
import { loadScenario, override } from '../scenario/load.js';
import { branchOf, planStart, readSession } from '../scenario/session/file.js';
import { runHeadless } from './headless.js';
import { onlySession, readSeed, readSpan } from './options.js';

export interface RunArguments {
  readonly scenario?: string | undefined;
  readonly session?: string | undefined;
  readonly branch?: string | undefined;
  readonly seed?: string | undefined;
  readonly duration?: string | undefined;
  readonly interval?: string | undefined;
  readonly events?: string | undefined;
  readonly backups?: string | undefined;
  readonly exportDisks?: string | undefined;
  readonly json: boolean;
}

/** `vmtop run`. */
export async function runScenario(args: RunArguments): Promise<void> {
  const intervalNs = readSpan('--interval', args.interval);
  if (intervalNs !== undefined && !args.json) {
    throw InputError.of('--interval', 'only the JSON document has intervals', 'add --json');
  }
  const durationNs = readSpan('--duration', args.duration);
  const { json, events, backups, exportDisks } = args;
  const options = { json, events, backups, exportDisks, intervalNs };
  if (args.session !== undefined) {
    onlySession(args);
    const session = readSession(args.session);
    const branch = branchOf(session, args.branch);
    runHeadless(override(planStart(session), { durationNs }), {
      ...options,
      branch,
    });
    return;
  }
  if (args.branch !== undefined) {
    throw InputError.of('--branch', 'only a session has branches', 'add --session FILE');
  }
  if (args.scenario === undefined) {
    const hint = 'vmtop list scenarios names the bundled ones';
    throw InputError.of('', 'expected a scenario, or --session FILE', hint);
  }
  runHeadless(loadScenario(args.scenario, { seed: readSeed(args.seed), durationNs }), options);
}
