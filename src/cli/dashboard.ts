import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../engine/core/errors.js';
import { findScenario, packageFolder, REPLAY_SCENARIO } from '../scenario/bundled.js';
import type { ReplayOptions } from '../scenario/replay.js';
import type { Overrides } from '../tui/config/settings.js';
import type { DashboardOptions } from '../tui/dashboard.js';
import type { ScreenArguments } from './commands/define.js';
import { onlySession, readDelay, readSeed } from './options.js';

/** Options that say how a batch file is written. */
const BATCH_ONLY = ['iterations', 'all', 'host', 'start'] as const;

export interface TopArguments extends ScreenArguments {
  readonly scenario?: string | undefined;
  readonly seed?: string | undefined;
  readonly session?: string | undefined;
  readonly 'save-session'?: string | undefined;
  readonly 'import-entity'?: string | undefined;
  readonly 'export-entity'?: string | undefined;
  readonly iterations?: string | undefined;
  readonly all?: boolean | undefined;
  readonly host?: string | undefined;
  readonly start?: string | undefined;
}

/** `vmtop` and `vmtop top`. */
export async function openDashboard(args: TopArguments): Promise<void> {
  const only = BATCH_ONLY.find((option) => args[option] !== undefined);
  if (only !== undefined) {
    throw InputError.of(`--${only}`, 'is for batch mode only', 'add --batch, or leave it out');
  }
  if (args.session !== undefined) onlySession(args);
  const scenario = args.scenario ?? 'default';
  const exportEntity = args['export-entity'];
  const seed = readSeed(args.seed);
  const overrides = readOverrides(args);
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
    config: args.config,
    entityFile: args['import-entity'],
    overrides,
    workerUrl: workerUrl(),
  });
}

/** `vmtop replay` without `--headless`. */
export async function openReplay(
  options: ReplayOptions,
  args: ScreenArguments & { readonly 'save-session'?: string | undefined },
): Promise<void> {
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
    saveSession: args['save-session'],
    config: args.config,
    overrides,
    workerUrl: workerUrl(),
  });
}

/** `vmtop replay-batch`. */
export async function openRecording(file: string, args: ScreenArguments): Promise<void> {
  const overrides = readOverrides(args);
  if (!hasTerminal()) {
    const { readBatch } = await import('../input/read-batch.js');
    await readBatch(file);
    throw noTerminal(`vmtop replay-batch ${file} --headless`);
  }
  const { runDashboard } = await import('../tui/dashboard.js');
  process.exitCode = await runDashboard({
    scenario: file,
    recording: file,
    config: args.config,
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
  process.exitCode = await runDashboard({ scenario: '', config: args.config, overrides, host });
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

/** A terminal that cannot place text has nowhere to put a screen: Emacs' shell, logs of builds. */
const isDumb = (): boolean => process.env.TERM === 'dumb';

const hasTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY && !isDumb();

/** What is wrong with the input itself has been said before this. */
function noTerminal(instead: string): InputError {
  const needs = isDumb()
    ? 'the dashboard needs a terminal that can place text; TERM says it is dumb'
    : 'the dashboard needs a terminal';
  return InputError.of('', needs, `without a screen: ${instead}`);
}
