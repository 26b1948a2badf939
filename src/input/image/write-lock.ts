import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../../engine/core/errors.js';
import { isAlive } from './alive.js';

/** Locks of this process, and how often each is held. */
const held = new Map<string, number>();

/**
 * Keeps other processes of vmtop from writing to an image: each would take the other's session on its
 * volume for one that crashed. The lock is a hidden file beside the image that names the process; one whose
 * process is gone does not count. Where no file can be made there is no lock.
 * @returns gives the lock back
 * @throws InputError while another process has it
 */
export function lockForWriting(path: string): () => void {
  const file = lockPath(path);
  const count = held.get(file) ?? 0;
  if (count === 0 && !makeLock(path, file)) return () => undefined;
  held.set(file, count + 1);
  return () => {
    const left = (held.get(file) ?? 1) - 1;
    if (left > 0) {
      held.set(file, left);
      return;
    }
    held.delete(file);
    rmSync(file, { force: true });
  };
}

function lockPath(path: string): string {
  let real = path;
  try {
    real = realpathSync(path);
  } catch {
    // A new image.
  }
  return join(dirname(real), `.${basename(real)}.vmtop-lock`);
}

function makeLock(path: string, file: string): boolean {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
    const owner = ownerOf(file);
    if (owner === process.pid) return false;
    if (owner !== undefined && isAlive(owner)) {
      throw InputError.of(
        path,
        `another vmtop (process ${owner}) writes to it`,
        `wait until it has ended; if process ${owner} is something else, remove ${file}`,
      );
    }
    rmSync(file, { force: true });
  }
  return false;
}

function ownerOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'latin1').slice(0, 20).trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
