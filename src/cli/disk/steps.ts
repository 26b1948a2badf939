import { PartProgress } from '../../output/part-progress.js';

/** Longest time in which nothing but the work is looked after. */
const SLICE_MS = 50;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs work that comes in steps. A signal to end leaves it where it is, so that it cleans up after
 * itself, and then ends the program as if nobody had listened: whoever started it sees by which signal.
 * @param steps yield the part that is done, 0 to 1
 * @param stopped is called after the clean-up, before the end
 */
export async function runSteps(
  steps: Generator<number, void>,
  progress: (part: number) => void,
  stopped: () => void,
): Promise<void> {
  let signal: NodeJS.Signals | undefined;
  const listen = (name: NodeJS.Signals): void => {
    signal ??= name;
  };
  for (const name of SIGNALS) process.on(name, listen);
  try {
    for (let next = Date.now() + SLICE_MS; ; ) {
      const { done, value } = steps.next();
      if (done === true) return;
      progress(value);
      if (Date.now() < next) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (signal !== undefined) break;
      next = Date.now() + SLICE_MS;
    }
  } finally {
    for (const name of SIGNALS) process.off(name, listen);
    if (signal !== undefined) end(steps, signal, stopped);
  }
}

function end(steps: Generator<number, void>, signal: NodeJS.Signals, stopped: () => void): void {
  steps.return();
  stopped();
  process.kill(process.pid, signal);
}

/**
 * The same with its progress on a terminal.
 * @param what is done, for people
 */
export async function runShown(steps: Generator<number, void>, what: string): Promise<void> {
  const progress = new PartProgress(process.stderr, what);
  try {
    await runSteps(
      steps,
      (part) => progress.update(part),
      () => progress.clear(),
    );
  } finally {
    progress.clear();
  }
}
