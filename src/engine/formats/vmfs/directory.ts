import { FormatError, InputError } from '../../core/errors.js';
import type { Address } from './address.js';
import { encodeName } from './bytes.js';
import type { Contents } from './contents.js';
import type { Core } from './core.js';
import type { Descriptor } from './descriptor.js';

/** What a directory says of one file. */
export interface Entry {
  readonly name: string;
  /** Kind of file, as in its descriptor. */
  readonly type: number;
  readonly address: Address;
  /** Equal to the descriptor's, else the record means a file that is gone. */
  readonly incarnation: number;
  /** Byte offset of the record in the directory. */
  readonly offset: number;
}

export type NewEntry = Omit<Entry, 'offset'>;

/** Most bytes of a name: what the product allows (reference, section 12). */
export const NAME_BYTES = 127;

export interface DirectoryProblems {
  readonly wrong: string[];
  /** What was never seen so, though no reader depends on it. */
  readonly unfamiliar: string[];
}

/** How a generation keeps directories. Changes are part of a transaction; the caller writes `dir`. */
export interface DirectoryFormat {
  /** `.` and `..` included, in the order they stand on disk. */
  entries(dir: Descriptor): Entry[];
  /** Makes an empty directory of a descriptor that has no blocks yet. */
  create(dir: Descriptor, parent: Descriptor): void;
  add(dir: Descriptor, entry: NewEntry): void;
  remove(dir: Descriptor, entry: Entry): void;
  /** Lets a record name another file, and `..` another parent. */
  retarget(dir: Descriptor, entry: Entry, target: NewEntry): void;
  /** What is wrong with the directory besides its records, for a check. */
  problems(dir: Descriptor, entries: readonly Entry[]): DirectoryProblems;
}

export interface DirectoryContext {
  readonly core: Core;
  readonly contents: Contents;
}

export function entryOf(name: string, file: Descriptor): NewEntry {
  return { name, type: file.type, address: file.address, incarnation: file.incarnation };
}

/** What is wrong with a name; undefined when a file can have it. */
function nameProblem(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'not a name a file can have';
  if (/[/\0]/.test(name)) return 'a name cannot contain a slash or a zero';
  if (encodeName(name).length > NAME_BYTES) return `longer than ${NAME_BYTES} bytes`;
  return undefined;
}

export function isName(name: string): boolean {
  return nameProblem(name) === undefined;
}

/** @throws InputError for a name no file can have */
export function requireName(name: string): void {
  const problem = nameProblem(name);
  if (problem !== undefined) throw InputError.of(name, problem);
}

/** Bound of a directory: no more records than the volume has descriptors, hard links do not exist. */
export function requireDirectoryLength(
  core: Core,
  dir: Descriptor,
  recordBytes: number,
  extra: number,
): void {
  const most = ((core.resources.files?.layout.total ?? 0) + 2) * recordBytes + extra;
  if (dir.length <= most) return;
  throw new FormatError(`a directory of ${dir.length} bytes, with ${most} every file is in it`);
}
