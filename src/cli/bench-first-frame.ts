/** Development only: the package that makes pseudo-terminals is not part of a production install. */
const PTY_PACKAGE = '@lydell/node-pty';
const TIME_LIMIT_MS = 20_000;
const RUNS = 5;

interface Pty {
  onData(listener: (data: string) => void): void;
  kill(): void;
}

/**
 * Milliseconds from process start to the first table on the screen, median of a few runs in a
 * pseudo-terminal; undefined where none can be made.
 * @param bin the built program
 */
export async function firstFrame(bin: string): Promise<number | undefined> {
  let spawn: (file: string, args: string[], options: object) => Pty;
  try {
    ({ spawn } = await import(PTY_PACKAGE));
  } catch {
    return undefined;
  }
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const time = await once(() => {
      const { CI: _ci, ...env } = process.env;
      return spawn(process.execPath, [bin], { name: 'xterm-256color', cols: 120, rows: 40, env });
    });
    if (time !== undefined) times.push(time);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1];
}

function once(start: () => Pty): Promise<number | undefined> {
  return new Promise((resolve) => {
    const from = performance.now();
    const pty = start();
    let seen = '';
    const end = (time: number | undefined): void => {
      clearTimeout(limit);
      pty.kill();
      resolve(time);
    };
    const limit = setTimeout(() => end(undefined), TIME_LIMIT_MS);
    pty.onData((data) => {
      seen += data;
      // The table's heading comes with the first figures of the engine.
      if (seen.includes('LAYER')) end(Math.round(performance.now() - from));
    });
  });
}
