import { accessSync, constants, mkdirSync, readdirSync } from 'node:fs';
import { InputError } from '../engine/core/errors.js';

/** What is wrong with a folder, by the system's code. */
const REASONS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOENT: ['there is no such folder', 'make it, or give another one'],
  ENOTDIR: ['is no folder', 'give another one'],
  EEXIST: ['is no folder', 'give another one'],
  EACCES: ['nothing can be written there, permission denied', 'give another one'],
  EPERM: ['nothing can be written there, permission denied', 'give another one'],
  EROFS: ['nothing can be written there, its file system is read-only', 'give another one'],
  ENOSPC: ['no space left there', 'free some, or give another one'],
};

/** Looks before a run whether a folder can take what comes out of it. @throws InputError */
export function requireFolder(folder: string): void {
  trying(folder, () => {
    readdirSync(folder);
    accessSync(folder, constants.W_OK);
  });
}

/** The same for one that has to be empty; it is made unless it is there. @throws InputError */
export function requireEmptyFolder(folder: string): void {
  if (entriesOf(folder) === undefined) trying(folder, () => mkdirSync(folder));
  requireFolder(folder);
  if ((entriesOf(folder) ?? []).length === 0) return;
  throw InputError.of(folder, 'the folder is not empty', 'give a new one');
}

/** Makes a folder with all that lead to it. @throws InputError */
export function makeFolder(folder: string): void {
  trying(folder, () => mkdirSync(folder, { recursive: true }));
}

function entriesOf(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
  }
}

function trying(folder: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === undefined ? undefined : REASONS[code];
    throw reason === undefined ? error : InputError.of(folder, ...reason);
  }
}
