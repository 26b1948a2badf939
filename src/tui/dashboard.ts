/** The dashboard on the real terminal, with the engine in a worker or a real machine in its place. */
import type { HostSource } from '../host/source.js';
import { readText } from '../input/read-text.js';
import { parseEntities } from './config/entities.js';
import { loadSettings } from './config/load.js';
import type { Overrides } from './config/settings.js';
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
  /** Batch file of esxtop to show instead; nothing in it can be changed. */
  readonly recording?: string | undefined;
  /** File of a session to go on with. */
  readonly session?: string | undefined;
  /** File the session is written to at the end. */
  readonly saveSession?: string | undefined;
  /** Configuration: vmtop's own file, or an rc file of esxtop; default the person's own. */
  readonly config?: string | undefined;
  /** Objects to show, as a file of esxtop; default all. */
  readonly entityFile?: string | undefined;
  /** What the command line says of the dashboard itself. */
  readonly overrides?: Overrides | undefined;
  /** The worker's bundle; it lies beside the one of the program. */
  readonly workerUrl?: URL | undefined;
  /** Shown instead of a scenario. */
  readonly host?: { readonly source: HostSource; readonly onReading: OnReading } | undefined;
}

const EXIT_INPUT = 2;
const EXIT_INTERRUPTED = 130;

/** The bundler puts shared code into `dist/chunks` and the worker into `dist`. */
function bundledWorker(): URL {
  return new URL('../worker.js', import.meta.url);
}

function firstState({ host, recording, entityFile }: DashboardOptions, state: UiState): UiState {
  const entities =
    entityFile === undefined ? undefined : parseEntities(readText(entityFile), entityFile);
  // A real machine has devices and no guests; it and what is recorded are only looked at.
  if (host !== undefined) return { ...state, screen: 'device', readOnly: true, speed: 0 };
  return { ...state, entities, readOnly: state.readOnly || recording !== undefined };
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
  const { settings, state } = await loadSettings(options.config, options.overrides);
  const first = firstState(options, state);
  const depth = colourDepth(stdout.getColorDepth(), env);
  const theme = makeTheme(depth, settings.ascii ?? needsAscii(env));
  let session: Session | undefined;
  let killedBy: NodeJS.Signals | undefined;
  const redraw = (): void => session?.resize();
  const saveFirst = (signal: NodeJS.Signals): void => {
    killedBy = signal;
    session?.leave(EXIT_INTERRUPTED);
  };
  const { saveSession } = options;
  const lastWords = saveSession === undefined ? undefined : saveFirst;
  const terminal = openTerminal(stdout, stdin, redraw, settings.mouse, lastWords);
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
        recording: options.recording,
        session: options.session,
      },
      state: first,
      mouse: settings.mouse,
    });
    stdout.on('resize', redraw);
    // A terminal that is gone can only be left; it goes on failing until the end of the process.
    const gone = (): void => session?.leave(EXIT_INTERRUPTED);
    stdin.on('end', gone).on('error', gone);
    stdout.on('error', gone);
    const { host, workerUrl } = options;
    session.connect(
      host === undefined
        ? connectWorker(workerUrl ?? bundledWorker())
        : connectHost(host.source, host.onReading),
    );
    const { code, lines } = await session.ended;
    terminal.leave();
    for (const line of lines) stderr.write(`${line}\n`);
    const left = code === 0 || code === EXIT_INTERRUPTED;
    if (saveSession === undefined || !left) return code;
    const problems = await session.save(saveSession);
    for (const line of problems) stderr.write(`${line}\n`);
    return problems.length > 0 ? EXIT_INPUT : code;
  } finally {
    stdout.off('resize', redraw);
    terminal.dispose();
    await session?.close();
    // The shell is told what ended the program, as of any other.
    if (killedBy !== undefined) process.kill(process.pid, killedBy);
  }
}
