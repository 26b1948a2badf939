import { FormatError } from '../../core/errors.js';

/** A line of a descriptor that names an extent (reference `vmdk-formats.md`, section 3). */
export interface ExtentLine {
  readonly access: 'RW' | 'RDONLY' | 'NOACCESS';
  readonly sectors: number;
  /** In capitals: FLAT, SPARSE, ZERO, VMFS, VMFSSPARSE, VMFSRDM, VMFSRAW, SESPARSE. */
  readonly type: string;
  readonly file?: string;
  /** Sector of the file where a flat extent begins. */
  readonly offset?: number;
  /** What follows: partition and device of a raw disk. */
  readonly rest?: string;
}

const FORM =
  /^(RW|RDONLY|NOACCESS)[ \t]+(\d{1,15})[ \t]+(\w+)(?:[ \t]+"([^"]*)"(?:[ \t]+(\d{1,15}))?)?(.*)$/i;
const TYPES = new Set('FLAT SPARSE ZERO VMFS VMFSSPARSE VMFSRDM VMFSRAW SESPARSE'.split(' '));
/** Largest extent taken: 8 PiB, far above what any product makes (64 TB). */
const SECTORS_MAX = 0x100000000000;

export function isExtentLine(line: string): boolean {
  return /^\s*(RW|RDONLY|NOACCESS)[ \t]/i.test(line);
}

/** @throws FormatError saying what is wrong with the line */
export function parseExtentLine(line: string, place: string): ExtentLine {
  const match = FORM.exec(line);
  if (match === null) {
    throw new FormatError(`${place}: expected ACCESS SECTORS TYPE "FILE" [OFFSET]`);
  }
  const [, access, size, kind, file, start, rest] = match;
  const type = kind.toUpperCase();
  const sectors = Number(size);
  const offset = start === undefined ? undefined : Number(start);
  if (!TYPES.has(type)) throw new FormatError(`${place}: an extent of type "${kind}"`);
  if (sectors > SECTORS_MAX || (offset ?? 0) > SECTORS_MAX) {
    throw new FormatError(`${place}: an extent beyond 8 PiB`);
  }
  if (type !== 'ZERO' && file === undefined) {
    throw new FormatError(`${place}: an extent of type ${type} needs a file`);
  }
  return {
    access: access.toUpperCase() as ExtentLine['access'],
    sectors,
    type,
    ...(file === undefined ? {} : { file }),
    ...(offset === undefined ? {} : { offset }),
    ...(rest.trim() === '' ? {} : { rest: rest.trim() }),
  };
}

export function formatExtentLine(line: ExtentLine): string {
  const parts = [line.access, String(line.sectors), line.type];
  if (line.file !== undefined) parts.push(`"${line.file}"`);
  if (line.offset !== undefined) parts.push(String(line.offset));
  if (line.rest !== undefined) parts.push(line.rest);
  return parts.join(' ');
}

/**
 * A name of a file in the folder of its descriptor, and nowhere else.
 * @throws FormatError for a path: a descriptor from elsewhere must not open any file it likes
 */
export function requirePlainName(name: string, place: string): string {
  if (/^[^/\\\u0000-\u001f]{1,255}$/.test(name) && name !== '.' && name !== '..') return name;
  throw new FormatError(
    `${place}: the extent "${name}" is not a plain file name; extents lie beside their descriptor`,
  );
}
