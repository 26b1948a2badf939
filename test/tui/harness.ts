/** The dashboard in process: Ink, painter and panels against a real terminal parser. */
import { PassThrough } from 'node:stream';
import xterm from '@xterm/headless';
import type { EngineLink } from '../../src/tui/engine.js';
import { Session } from '../../src/tui/session.js';
import { initialState, type UiState } from '../../src/tui/state.js';
import { type ColourDepth, makeTheme } from '../../src/tui/theme.js';
import { FakeEngine } from './fake-engine.js';

class FakeStdin extends PassThrough {
  readonly isTTY = true;
  setRawMode(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

export interface MountOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly depth?: ColourDepth;
  readonly ascii?: boolean;
  readonly readOnly?: boolean;
  readonly state?: Partial<UiState>;
  readonly mouse?: boolean;
  /** Folder of screen dumps. */
  readonly folder?: string;
  /** Leave the engine unconnected: the screen before anything has happened. */
  readonly idle?: boolean;
  /** Another engine than the made-up one. */
  readonly link?: EngineLink;
}

export type Mounted = ReturnType<typeof mount>;

export function mount(options: MountOptions = {}) {
  const { columns = 120, rows = 40, depth = 8, ascii = false } = options;
  const term = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  const tty = {
    bytes: 0,
    text: '',
    get columns() {
      return term.cols;
    },
    get rows() {
      return term.rows;
    },
    write(text: string) {
      this.bytes += text.length;
      this.text += text;
      term.write(text);
    },
  };
  tty.write('\u001B[?1049h\u001B[?7l');
  const stdin = new FakeStdin();
  const session = new Session({
    screen: tty,
    stdin: stdin as unknown as NodeJS.ReadStream,
    theme: makeTheme(depth, ascii),
    start: { type: 'start', scenario: 'two-paths' },
    state: { ...initialState(options.readOnly ?? false), ...options.state },
    mouse: options.mouse ?? true,
    folder: options.folder,
  });
  const engine = new FakeEngine();
  if (options.link !== undefined) session.connect(options.link);
  else if (!options.idle) {
    session.connect(engine);
    engine.sendLayout();
    for (let second = 0; second < 4; second++) engine.frame();
  }
  const settle = async (): Promise<void> => {
    await new Promise((done) => setTimeout(done, 15));
    await new Promise<void>((done) => term.write('', done));
  };
  const screen = async (): Promise<string[]> => {
    await settle();
    const buffer = term.buffer.active;
    return Array.from({ length: term.rows }, (_, y) =>
      (buffer.getLine(buffer.viewportY + y)?.translateToString(true) ?? '').trimEnd(),
    );
  };
  return {
    term,
    tty,
    session,
    engine,
    settle,
    screen,
    text: async () => (await screen()).join('\n'),
    /** Keys one after the other, each in a chunk of its own as a person types them. */
    press: async (...keys: readonly string[]) => {
      for (const key of keys) {
        stdin.write(KEYS[key] ?? key);
        await settle();
      }
    },
    /** A report of the mouse; column and row from 0, as on the screen. */
    mouse: async (button: number, x: number, y: number) => {
      stdin.write(`\u001B[<${button};${x + 1};${y + 1}M`);
      await settle();
    },
    stdin,
    resize: (toColumns: number, toRows: number) => {
      term.resize(toColumns, toRows);
      session.resize();
    },
    close: () => session.close(),
  };
}

/** What a terminal sends for keys with names; the others send themselves. */
export const KEYS: Readonly<Record<string, string>> = {
  up: '\u001B[A',
  down: '\u001B[B',
  right: '\u001B[C',
  left: '\u001B[D',
  pageup: '\u001B[5~',
  pagedown: '\u001B[6~',
  home: '\u001B[H',
  end: '\u001B[F',
  enter: '\r',
  escape: '\u001B',
  tab: '\t',
  'shift+tab': '\u001B[Z',
  backspace: '\u007F',
  space: ' ',
  'ctrl+c': '\u0003',
  'ctrl+l': '\u000C',
  'ctrl+o': '\u000F',
  'ctrl+r': '\u0012',
  'ctrl+s': '\u0013',
  'ctrl+p': '\u0010',
  'ctrl+t': '\u0014',
};
