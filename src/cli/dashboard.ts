import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../engine/core/errors.js';
import { findScenario, packageFolder, REPLAY_SCENARIO } from '../scenario/bundled.js';
import type { ReplayOptions } from '../scenario/replay.js';
import type { Overrides } from '../tui/config/settings.js';
import type { DashboardOptions } from '../tui/dashboard.js';
import type { ScreenArguments } from './commands/define.js';
import { readDelay, readSeed } from './options.js';

/** `vmtop` and `vmtop top`. */
export async function openDashboard(
  args: ScreenArguments & { readonly scenario: string; readonly seed?: string | undefined },
): Promise<void> {
  const { scenario } = args;
  const seed = readSeed(args.seed);
  const overrides = readOverrides(args);
  findScenario(scenario);
  if (!hasTerminal()) {
    const { loadScenario } = await import('../scenario/load.js');
    loadScenario(scenario);
    throw noTerminal(`vmtop run ${scenario}`);
  }
  const { runDashboard } = await import('../tui/dashboard.js');
  process.exitCode = await runDashboard({ scenario, seed, overrides, workerUrl: workerUrl() });
}

/** `vmtop replay` without `--headless`. */
export async function openReplay(options: ReplayOptions, args: ScreenArguments): Promise<void> {
  const overrides = readOverrides(args);
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
    overrides,
    workerUrl: workerUrl(),
  });
}

/** `vmtop host` without `--headless`. */
export async function openHostDashboard(
  args: ScreenArguments,
  host: NonNullable<DashboardOptions['host']>,
): Promise<void> {
  const { runDashboard } = await import('../tui/dashboard.js');
  const overrides = readOverrides(args);
  process.exitCode = await runDashboard({ scenario: '', overrides, host });
}

/** @throws InputError that says what to do without one */
export function requireTerminal(instead: string): void {
  if (!hasTerminal()) throw noTerminal(instead);
}

function readOverrides({ theme, ascii, mouse, delay, readOnly }: ScreenArguments): Overrides {
  return { theme, ascii, mouse, readOnly, delayMs: readDelay(delay) };
}

/** The engine's thread: an entry of its own in the bundle. */
const workerUrl = (): URL => pathToFileURL(join(packageFolder(), 'dist', 'worker.js'));

const hasTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

/** What is wrong with the input itself has been said before this. */
function noTerminal(instead: string): InputError {
  return InputError.of('', 'the dashboard needs a terminal', `without a screen: ${instead}`);
}
