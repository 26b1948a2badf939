/** A program in a pseudo-terminal: what it writes, when, and what its screen looks like then. */

/** Development only: a production install has neither. Names in variables are not bundled. */
const PTY_PACKAGE = '@lydell/node-pty';
const PARSER_PACKAGE = '@xterm/headless';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

interface Pty {
  readonly pid: number;
  onData(listener: (data: string) => void): void;
  onExit(listener: () => void): void;
  write(text: string): void;
  kill(signal: string): void;
}

interface Parser {
  readonly rows: number;
  readonly buffer: {
    readonly active: {
      getLine(y: number): { translateToString(trim: boolean): string } | undefined;
    };
  };
  write(text: string, done: () => void): void;
  onData(listener: (reply: string) => void): void;
}

export interface Packages {
  readonly spawn: (file: string, args: readonly string[], options: object) => Pty;
  readonly Terminal: new (options: object) => Parser;
}

/** Undefined where pseudo-terminals cannot be made: the packages are development dependencies. */
export async function loadPackages(): Promise<Packages | undefined> {
  try {
    const { spawn } = (await import(PTY_PACKAGE)) as Pick<Packages, 'spawn'>;
    const parser = (await import(PARSER_PACKAGE)) as { default: Pick<Packages, 'Terminal'> };
    return { spawn, Terminal: parser.default.Terminal };
  } catch {
    return undefined;
  }
}

/** Silence that ends a frame of a program that does not mark its end, ms. */
const GAP_MS = 20;

export class PtyProgram {
  readonly pid: number;
  /** Resolves when the program has ended. */
  readonly ended: Promise<void>;
  /** Written so far, in bytes of UTF-8. */
  bytes = 0;
  frames = 0;
  private readonly pty: Pty;
  private readonly parser: Parser;
  private lastAt = Number.NEGATIVE_INFINITY;
  private waiting: ((at: number) => void) | undefined;

  /**
   * @param frameEnd what the program writes at the end of each frame; without it a frame is what
   * comes between two silences
   */
  constructor(
    { spawn, Terminal }: Packages,
    file: string,
    args: readonly string[],
    { columns, rows }: Size,
    env: Readonly<Record<string, string>>,
    private readonly frameEnd: string | undefined,
  ) {
    this.parser = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
    this.pty = spawn(file, [...args], { name: 'xterm-256color', cols: columns, rows, env });
    this.pid = this.pty.pid;
    this.pty.onData((data) => this.take(data));
    // Answers to what a program asks its terminal.
    this.parser.onData((reply) => this.pty.write(reply));
    this.ended = new Promise((done) => {
      this.pty.onExit(() => done());
    });
  }

  press(keys: string): void {
    this.pty.write(keys);
  }

  kill(): void {
    try {
      this.pty.kill('SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }

  /** Rows of the screen as text. */
  screen(): string[] {
    const { active } = this.parser.buffer;
    return Array.from(
      { length: this.parser.rows },
      (_, y) => active.getLine(y)?.translateToString(true) ?? '',
    );
  }

  /**
   * Waits until the screen satisfies `test`.
   * @returns ms of `performance.now()` at which the bytes came that made it so; undefined: never
   */
  async until(test: (rows: readonly string[]) => boolean, ms: number): Promise<number | undefined> {
    const end = performance.now() + ms;
    for (;;) {
      const at = await this.next(end - performance.now());
      if (at === undefined || test(this.screen())) return at;
    }
  }

  /** When the next bytes came, once they are on the screen; undefined when none came within `ms`. */
  private next(ms: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer(undefined), Math.max(0, ms));
      const answer = (at: number | undefined): void => {
        clearTimeout(timer);
        this.waiting = undefined;
        resolve(at);
      };
      this.waiting = answer;
    });
  }

  private take(data: string): void {
    const at = performance.now();
    this.bytes += Buffer.byteLength(data);
    if (this.frameEnd !== undefined) this.frames += data.split(this.frameEnd).length - 1;
    else if (at - this.lastAt > GAP_MS) this.frames++;
    this.lastAt = at;
    this.parser.write(data, () => this.waiting?.(at));
  }
}
