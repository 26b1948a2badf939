import { FormatError } from '../../core/errors.js';
import { type ExtentLine, formatExtentLine, isExtentLine, parseExtentLine } from './extent-line.js';

/**
 * Descriptor of a virtual disk (reference `vmdk-formats.md`, section 2): a text of lines. What is not
 * known stays as it is and where it is; a change touches only the line it is about.
 */

/** Content id that means: none. */
export const NO_CID = 'ffffffff';
/** Longest text taken. A disk of 2 TB in parts of 2 GB has 50 KB. */
export const DESCRIPTOR_BYTES = 1 << 20;
/** Most extents taken: twice those of a disk of 2 TB in parts of 2 GB. */
const EXTENTS_MAX = 2048;

export class Descriptor {
  private constructor(private lines: string[]) {}

  /** @throws FormatError when the text is no descriptor */
  static parse(text: string, place: string): Descriptor {
    if (!looksLikeDescriptor(text)) {
      throw new FormatError(`${place}: expected a descriptor of a disk, found something else`);
    }
    const descriptor = new Descriptor(text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
    const version = descriptor.get('version');
    if (version !== undefined && !/^[1-4]$/.test(version)) {
      throw new FormatError(`${place}: descriptor version "${version}", known are 1 to 4`);
    }
    for (const key of ['CID', 'parentCID']) {
      const value = descriptor.get(key);
      if (value !== undefined && !/^[0-9a-f]{1,8}$/i.test(value)) {
        throw new FormatError(`${place}: ${key} "${value}", expected eight hexadecimal digits`);
      }
    }
    descriptor.extents(place);
    return descriptor;
  }

  format(): string {
    return this.lines.join('');
  }

  /** First value of a key, without quotes; keys are the same in capitals. */
  get(key: string): string | undefined {
    const setting = settingOf(this.lines[this.lineOf(key)] ?? '');
    return setting === undefined ? undefined : unquote(setting.value);
  }

  /** Changes a value in its place; a new key goes to the end of its section. */
  set(key: string, value: string): void {
    const line = this.lineOf(key);
    const setting = settingOf(this.lines[line] ?? '');
    if (setting !== undefined) {
      const text = setting.value.startsWith('"') ? quote(value) : value;
      this.lines[line] = `${setting.before}${text}${setting.after}`;
      return;
    }
    const database = key.startsWith('ddb.');
    const text = database
      ? `${key} = ${quote(value)}`
      : `${key}=${PLAIN.has(key) ? value : quote(value)}`;
    const at = database ? this.lines.length : this.endOfHeader();
    if (at > 0 && !this.lines[at - 1].endsWith('\n')) this.lines[at - 1] += '\n';
    this.lines.splice(at, 0, `${text}\n`);
  }

  remove(key: string): void {
    const line = this.lineOf(key);
    if (line >= 0) this.lines.splice(line, 1);
  }

  get cid(): string {
    return (this.get('CID') ?? '0').toLowerCase().padStart(8, '0');
  }

  get parentCid(): string {
    return (this.get('parentCID') ?? NO_CID).toLowerCase().padStart(8, '0');
  }

  get createType(): string {
    return this.get('createType') ?? '';
  }

  /** @throws FormatError for a line that is no extent, or too many */
  extents(place: string): ExtentLine[] {
    const found: ExtentLine[] = [];
    this.lines.forEach((line, index) => {
      if (!isExtentLine(line)) return;
      found.push(parseExtentLine(line.trim(), `${place}, line ${index + 1}`));
    });
    if (found.length === 0) throw new FormatError(`${place}: the descriptor names no extent`);
    if (found.length > EXTENTS_MAX) {
      throw new FormatError(`${place}: ${found.length} extents, at most ${EXTENTS_MAX} are taken`);
    }
    return found;
  }

  /** Replaces the extents, at the place of the first. */
  setExtents(extents: readonly ExtentLine[]): void {
    const first = this.lines.findIndex(isExtentLine);
    const rest = this.lines.filter((line) => !isExtentLine(line));
    rest.splice(first, 0, ...extents.map((extent) => `${formatExtentLine(extent)}\n`));
    this.lines = rest;
  }

  /** Keys that are there more than once: of these only the first counts. */
  repeated(): string[] {
    const seen = new Set<string>();
    const twice = new Set<string>();
    for (const line of this.lines) {
      const key = keyOf(line);
      if (key === undefined) continue;
      if (seen.has(key)) twice.add(key);
      seen.add(key);
    }
    return [...twice];
  }

  private lineOf(key: string): number {
    const wanted = key.toLowerCase();
    return this.lines.findIndex((line) => keyOf(line) === wanted);
  }

  private endOfHeader(): number {
    for (const key of ['parentFileNameHint', 'createType', 'parentCID', 'CID', 'version']) {
      const line = this.lineOf(key);
      if (line >= 0) return line + 1;
    }
    return Math.min(1, this.lines.length);
  }
}

/** Keys whose values have no quotes. */
const PLAIN = new Set(['version', 'CID', 'parentCID']);

function keyOf(line: string): string | undefined {
  if (line.startsWith('#') || isExtentLine(line)) return undefined;
  return settingOf(line)?.key.toLowerCase();
}

interface Setting {
  readonly key: string;
  readonly value: string;
  /** What is in front of the value and behind it, with the end of the line. */
  readonly before: string;
  readonly after: string;
}

/** Taken apart by hand: a pattern takes quadratic time for a line of many blanks. */
function settingOf(line: string): Setting | undefined {
  const equals = line.indexOf('=');
  const key = line.slice(0, Math.max(0, equals)).trim();
  if (!/^[\w.:-]+$/.test(key)) return undefined;
  const rest = line.slice(equals + 1);
  const value = rest.trim();
  const blanks = value === '' ? 0 : rest.length - rest.trimStart().length;
  const start = equals + 1 + blanks;
  return { key, value, before: line.slice(0, start), after: line.slice(start + value.length) };
}

/** True for a text that begins as descriptors do: with their title or their version. */
export function looksLikeDescriptor(text: string): boolean {
  return /^\s*(#[ \t]*disk[ \t]*descriptorfile|version[ \t]*=[ \t]*\d)/i.test(text.slice(0, 200));
}

/** `|22` and the like are characters a quoted value cannot have. */
function unquote(text: string): string {
  const inner = /^"(.*)"$/.exec(text)?.[1] ?? text;
  return inner.replace(/\|([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function quote(text: string): string {
  const escaped = text.replace(
    /["|\u0000-\u001f]/g,
    (letter) => `|${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}
