import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../engine/core/errors.js';
import { findScenario, packageFolder, REPLAY_SCENARIO } from '../scenario/bundled.js';
import type { ReplayOptions } from '../scenario/replay.js';
import { onlySession, readSeed } from './options.js';

/** Options that say how a batch file is written. */
const BATCH_ONLY = ['delay', 'iterations', 'all', 'host', 'start'];

/** `vmtop` and `vmtop top`. */
export async function openDashboard(args: {
  readonly scenario?: string | undefined;
  readonly seed?: string | undefined;
  readonly [option: string]: unknown;
  readonly session?: string | undefined;
  readonly 'save-session'?: string | undefined;
  readonly config?: string | undefined;
  readonly importEntity?: string | undefined;
  readonly exportEntity?: string | undefined;
}): Promise<void> {
  const only = BATCH_ONLY.find((option) => args[option] !== undefined);
  if (only !== undefined) {
    throw InputError.of(`--${only}`, 'is for batch mode only', 'add --batch, or leave it out');
  }
  if (args.session !== undefined) onlySession(args);
  const scenario = args.scenario ?? 'default';
  const { config, importEntity, exportEntity } = args;
  const seed = readSeed(args.seed);
  findScenario(scenario);
  if (exportEntity !== undefined) {
    const { exportEntities } = await import('./entities.js');
    await exportEntities(scenario, exportEntity);
    return;
  }
  if (!hasTerminal()) {
    if (args.session !== undefined) {
      const { readSession } = await import('../scenario/session/file.js');
      readSession(args.session);
      throw noTerminal(`vmtop run --session ${args.session}`);
    }
    const { loadScenario } = await import('../scenario/load.js');
    loadScenario(scenario);
    throw noTerminal(`vmtop run ${scenario}, or vmtop ${scenario} --batch`);
  }
  const { runDashboard } = await import('../tui/dashboard.js');
  process.exitCode = await runDashboard({
    scenario,
    seed,
    session: args.session,
    saveSession: args['save-session'],
    config,
    entityFile: importEntity,
    workerUrl: workerUrl(),
  });
}

/** `vmtop replay` without `--headless`. */
export async function openReplay(options: ReplayOptions, saveSession?: string): Promise<void> {
  if (!hasTerminal()) {
    const { planReplay } = await import('../scenario/replay.js');
    planReplay(options);
    throw noTerminal(`vmtop replay ${options.trace} --headless`);
  }
  const { runDashboard } = await import('../tui/dashboard.js');
  process.exitCode = await runDashboard({
    scenario: options.scenario ?? REPLAY_SCENARIO,
    seed: options.seed,
    replay: { ...options },
    saveSession,
    workerUrl: workerUrl(),
  });
}

/** `vmtop replay-batch`. */
export async function openRecording(file: string): Promise<void> {
  if (!hasTerminal()) {
    const { readBatch } = await import('../input/read-batch.js');
    await readBatch(file);
    throw noTerminal(`vmtop replay-batch ${file} --headless`);
  }
  const { runDashboard } = await import('../tui/dashboard.js');
  process.exitCode = await runDashboard({
    scenario: file,
    recording: file,
    workerUrl: workerUrl(),
  });
}

/** The engine's thread: an entry of its own in the bundle. */
const workerUrl = (): URL => pathToFileURL(join(packageFolder(), 'dist', 'worker.js'));

const hasTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

/** What is wrong with the input itself has been said before this. */
function noTerminal(instead: string): InputError {
  return InputError.of('', 'the dashboard needs a terminal', `without a screen: ${instead}`);
}
