import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../engine/core/errors.js';
import { findScenario, packageFolder, REPLAY_SCENARIO } from '../scenario/bundled.js';
import type { ReplayOptions } from '../scenario/replay.js';
import { readSeed } from './options.js';

/** `vmtop` and `vmtop top`. */
export async function openDashboard(args: {
  readonly scenario: string;
  readonly seed?: string | undefined;
  readonly config?: string | undefined;
  readonly importEntity?: string | undefined;
  readonly exportEntity?: string | undefined;
}): Promise<void> {
  const { scenario, config, importEntity, exportEntity } = args;
  const seed = readSeed(args.seed);
  findScenario(scenario);
  if (exportEntity !== undefined) {
    const { exportEntities } = await import('./entities.js');
    await exportEntities(scenario, exportEntity);
    return;
  }
  if (!hasTerminal()) {
    const { loadScenario } = await import('../scenario/load.js');
    loadScenario(scenario);
    throw noTerminal(`vmtop run ${scenario}`);
  }
  const { runDashboard } = await import('../tui/dashboard.js');
  process.exitCode = await runDashboard({
    scenario,
    seed,
    config,
    entityFile: importEntity,
    workerUrl: workerUrl(),
  });
}

/** `vmtop replay` without `--headless`. */
export async function openReplay(options: ReplayOptions): Promise<void> {
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
