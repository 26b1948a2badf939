/** The real program in a pseudo terminal, its screen read by a terminal parser. */
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

export interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Working folder of the program; default that of the tests. */
  readonly folder?: string;
}

export interface PtyExit {
  readonly exitCode: number;
  readonly signal?: number | undefined;
}

export interface PtySession {
  readonly term: InstanceType<typeof xterm.Terminal>;
  readonly child: IPty;
  readonly exit: Promise<PtyExit>;
  /** Everything the program wrote. */
  output(): string;
  screen(): string[];
  /** Waits until the screen satisfies `test`; fails with the screen as it is. */
  waitFor(test: (text: string) => boolean, ms?: number): Promise<string>;
  /** Waits until the program has written nothing for so long. */
  quiet(ms: number): Promise<void>;
  press(keys: string): void;
  resize(columns: number, rows: number): void;
  /** Lines on the primary screen after the program has gone. */
  parsed(): Promise<void>;
}

export function startInPty(
  file: string,
  args: readonly string[],
  { columns = 120, rows = 40, env = {}, folder = process.cwd() }: PtyOptions = {},
): PtySession {
  const term = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 200 });
  // What the test runner sets for itself would change what the program thinks of its terminal.
  const { FORCE_COLOR: _colour, NO_COLOR: _none, NODE_ENV: _env, ...inherited } = process.env;
  const child = spawn(file, [...args], {
    name: env.TERM ?? 'xterm-256color',
    cols: columns,
    rows,
    cwd: folder,
    env: { ...inherited, COLORTERM: 'truecolor', ...env } as Record<string, string>,
  });
  let written = '';
  let pending = Promise.resolve();
  let heard = (): void => {};
  child.onData((data) => {
    written += data;
    pending = pending.then(() => new Promise((done) => term.write(data, done)));
    pending = pending.then(() => heard());
  });
  /** Until the screen may have changed, at most `ms`; whether it has. */
  const news = (ms: number): Promise<boolean> =>
    new Promise((done) => {
      const timer = setTimeout(() => done(false), ms);
      heard = () => {
        clearTimeout(timer);
        done(true);
      };
    });
  // Answers to what a program asks its terminal.
  term.onData((reply) => child.write(reply));
  const exit = new Promise<PtyExit>((done) => {
    child.onExit(done);
  });
  const screen = (): string[] => {
    const buffer = term.buffer.active;
    return Array.from({ length: term.rows }, (_, y) =>
      (buffer.getLine(buffer.viewportY + y)?.translateToString(true) ?? '').trimEnd(),
    );
  };
  return {
    term,
    child,
    exit,
    output: () => written,
    screen,
    async waitFor(test, ms = 10_000) {
      for (const end = Date.now() + ms; Date.now() < end; ) {
        await pending;
        const text = screen().join('\n');
        if (test(text)) return text;
        await news(end - Date.now());
      }
      throw new Error(`the screen never matched:\n${screen().join('\n')}`);
    },
    async quiet(ms) {
      for (;;) {
        await pending;
        if (!(await news(ms))) return;
      }
    },
    press: (keys) => child.write(keys),
    resize(toColumns, toRows) {
      child.resize(toColumns, toRows);
      term.resize(toColumns, toRows);
    },
    parsed: () => pending,
  };
}
