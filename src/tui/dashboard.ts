/** The dashboard on the real terminal, with the engine in a worker or a real machine in its place. */

import { existsSync } from 'node:fs';
import type { HostSource } from '../host/source.js';
import { configFile } from './config/location.js';
import type { Config } from './config/schema.js';
import { type Overrides, type Settings, settingsOf, stateOf } from './config/settings.js';
import type { StartMessage } from './engine.js';
import { connectWorker } from './engine-link.js';
import { connectHost, type OnReading } from './host/link.js';
import { Session } from './session.js';
import type { UiState } from './state.js';
import { openTerminal } from './terminal.js';
import { colourDepth, makeTheme, needsAscii } from './theme.js';

export interface DashboardOptions {
  /** Name of a bundled scenario, or a file. */
  readonly scenario: string;
  readonly seed?: number | undefined;
  /** Trace to replay and how; handed to the worker as it is. */
  readonly replay?: StartMessage['replay'];
  /** What the command line says of the dashboard itself. */
  readonly overrides?: Overrides | undefined;
  /** The worker's bundle; it lies beside the one of the program. */
  readonly workerUrl?: URL | undefined;
  /** Shown instead of a scenario. */
  readonly host?: { readonly source: HostSource; readonly onReading: OnReading } | undefined;
}

const EXIT_INPUT = 2;

/** The bundler puts shared code into `dist/chunks` and the worker into `dist`. */
function bundledWorker(): URL {
  return new URL('../worker.js', import.meta.url);
}

/** What reads and checks the file is loaded only where there is one: the first frame comes sooner. */
async function configuration(): Promise<Config> {
  const file = configFile();
  if (!existsSync(file)) return {};
  const { readConfig } = await import('./config/file.js');
  return readConfig(file);
}

/** A real machine has devices and no guests, and is only looked at. */
function hostState(settings: Settings): UiState {
  return { ...stateOf(settings), screen: 'device', readOnly: true, speed: 0 };
}

/** Runs until the person leaves or something ends it; the exit code. The terminal is restored. */
export async function runDashboard(options: DashboardOptions): Promise<number> {
  const { stdin, stdout, stderr, env } = process;
  if (!stdout.isTTY || !stdin.isTTY) {
    stderr.write(
      'vmtop: the dashboard needs a terminal for input and output.\n' +
        `  hint: without one, use: vmtop run ${options.scenario}\n`,
    );
    return EXIT_INPUT;
  }
  const settings = settingsOf(await configuration(), options.overrides);
  const depth = colourDepth(stdout.getColorDepth(), env);
  const theme = makeTheme(depth, settings.ascii ?? needsAscii(env));
  let session: Session | undefined;
  const redraw = (): void => session?.resize();
  const terminal = openTerminal(stdout, stdin, redraw, settings.mouse);
  terminal.enter();
  try {
    session = new Session({
      screen: stdout,
      stdin,
      theme,
      start: {
        type: 'start',
        scenario: options.scenario,
        seed: options.seed,
        replay: options.replay,
      },
      state: options.host === undefined ? stateOf(settings) : hostState(settings),
      mouse: settings.mouse,
    });
    stdout.on('resize', redraw);
    const { host, workerUrl } = options;
    session.connect(
      host === undefined
        ? connectWorker(workerUrl ?? bundledWorker())
        : connectHost(host.source, host.onReading),
    );
    const { code, lines } = await session.ended;
    terminal.leave();
    for (const line of lines) stderr.write(`${line}\n`);
    return code;
  } finally {
    stdout.off('resize', redraw);
    terminal.dispose();
    await session?.close();
  }
}
