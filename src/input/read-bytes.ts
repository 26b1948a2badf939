import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { InputError } from '../engine/core/errors.js';
import { formatSize } from '../engine/core/units.js';

const CHUNK = 1 << 20;

/** What went wrong, by the system's code; the rest is named by its code. */
const REASONS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOENT: ['no such file', 'relative paths start at the folder vmtop was started in'],
  ENOTDIR: ['no such file', 'a part of the path is a file, not a folder'],
  EISDIR: ['expected a file, found a directory', 'give the path of one file inside it'],
  EACCES: ['expected a readable file, permission denied', 'check its owner and mode with ls -l'],
  EPERM: ['expected a readable file, permission denied', 'check its owner and mode with ls -l'],
};

/** A file that cannot be opened or read, as a person's mistake; other errors pass through. */
export function fileError(path: string, error: unknown): unknown {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (error instanceof InputError || typeof code !== 'string') return error;
  const [message, hint] = REASONS[code] ?? [`cannot be read (${code})`, undefined];
  return InputError.of(path, message, hint);
}

/** The error of a file that holds more than `bytesMax`. */
export function tooLarge(path: string, what: string, bytesMax: number): InputError {
  const hint = 'split it, or take a shorter part of it';
  return InputError.of(path, `expected at most ${formatSize(bytesMax)} ${what}`, hint);
}

/**
 * A whole file. Pipes (`<(xzcat ...)`) are read to their end, anything else that is not a regular
 * file is refused: a device may have no end.
 * @throws InputError when it cannot be read or holds more than `bytesMax`
 */
export function readBytes(path: string, bytesMax: number): Uint8Array {
  try {
    const file = openSync(path, 'r');
    try {
      const stats = fstatSync(file);
      if (stats.isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
      if (!stats.isFile() && !stats.isFIFO()) {
        throw InputError.of(path, 'expected a file, found a device or socket');
      }
      if (stats.size > bytesMax) throw tooLarge(path, 'in the file', bytesMax);
      return readToEnd(path, file, stats.size, bytesMax);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Files in /proc and pipes state no size, and a file may grow while it is read. */
function readToEnd(path: string, file: number, expected: number, bytesMax: number): Uint8Array {
  let bytes = new Uint8Array(expected + 1);
  let used = 0;
  for (;;) {
    if (used === bytes.length) {
      const wider = new Uint8Array(Math.max(CHUNK, used * 2));
      wider.set(bytes);
      bytes = wider;
    }
    const read = readSync(file, bytes, used, bytes.length - used, null);
    if (read === 0) return bytes.subarray(0, used);
    used += read;
    if (used > bytesMax) throw tooLarge(path, 'in the file', bytesMax);
  }
}
