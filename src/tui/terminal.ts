/**
 * Owns the terminal's modes: raw input, alternate screen, no cursor, no autowrap. Every way out of
 * the process leads through `leave`, which is synchronous and may be called any number of times.
 */
import { writeSync } from 'node:fs';
import { MOUSE_OFF, MOUSE_ON } from './mouse/input.js';

const ENTER = '\u001B[?1049h\u001B[?25l\u001B[?7l\u001B[2J\u001B[H';
const LEAVE = '\u001B[?2026l\u001B[0m\u001B[?7h\u001B[?25h\u001B[?1049l';
const FATAL = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** A terminal that does not take its bytes is asked again this often, about a quarter second. */
const TRIES_MAX = 50;

export interface Terminal {
  enter(): void;
  leave(): void;
  /** Leaves and takes back all process handlers. */
  dispose(): void;
}

/**
 * @param lastWords what is still to be done when a signal ends the program, such as writing a file;
 *   the caller then leaves, and dies of the signal once it is done. Another signal waits for nothing.
 */
export function openTerminal(
  output: NodeJS.WriteStream & { readonly fd: number },
  input: NodeJS.ReadStream,
  onResume: () => void,
  mouse: boolean,
  lastWords?: (signal: NodeJS.Signals) => void,
): Terminal {
  let active = false;
  let dying = false;
  const [enter, exit] = mouse ? [ENTER + MOUSE_ON, MOUSE_OFF + LEAVE] : [ENTER, LEAVE];

  const take = (): void => {
    active = true;
    writeNow(output.fd, enter);
  };
  const leave = (): void => {
    if (!active) return;
    active = false;
    setRaw(input, false);
    writeNow(output.fd, exit);
  };
  // Dying of the same signal gives the shell 128 + n.
  const die = (signal: NodeJS.Signals): void => {
    leave();
    // A closing terminal hangs up, and so does the shell in it.
    if (dying && signal === 'SIGHUP') return;
    if (lastWords !== undefined && !dying) {
      dying = true;
      lastWords(signal);
      return;
    }
    process.off(signal, die);
    process.kill(process.pid, signal);
  };
  const resume = (): void => {
    if (active) return;
    take();
    setRaw(input, true);
    onResume();
  };

  return {
    enter() {
      if (active) return;
      take();
      process.on('exit', leave);
      for (const signal of FATAL) process.on(signal, die);
      process.on('SIGCONT', resume);
    },
    leave,
    dispose() {
      leave();
      process.off('exit', leave);
      for (const signal of FATAL) process.off(signal, die);
      process.off('SIGCONT', resume);
    },
  };
}

function setRaw(input: NodeJS.ReadStream, on: boolean): void {
  if (!input.isTTY) return;
  try {
    input.setRawMode(on);
  } catch {
    // The terminal is gone: there is nothing left to restore.
  }
}

/** Writes all of it now; a terminal that is full for the moment is asked again. */
function writeNow(fd: number, text: string): void {
  let rest = Buffer.from(text);
  for (let tries = 0; rest.length > 0 && tries < TRIES_MAX; tries++) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
