import { FormatError } from '../../core/errors.js';
import {
  type Charset,
  charsetOf,
  type Decode,
  decoderOf,
  decodeText,
  encodeText,
} from '../dictionary/charset.js';
import { quote, settingOf, unquote, withValue } from '../dictionary/line.js';
import { type ExtentLine, formatExtentLine, isExtentLine, parseExtentLine } from './extent-line.js';

/**
 * Descriptor of a virtual disk (reference `vmdk-formats.md`, section 2): a text of lines. What is not
 * known stays as it is and where it is; a change touches only the line it is about.
 */

/** Content id that means: none. */
export const NO_CID = 'ffffffff';
/** Longest text taken. A disk of 2 TB in parts of 2 GB has 50 KB. */
export const DESCRIPTOR_BYTES = 1 << 20;
/** Lines that are told. */
const MEANINGLESS_MAX = 10;
/** Most extents taken: those of a disk of 8 TB in parts of 2 GB. */
const EXTENTS_MAX = 4096;

export class Descriptor {
  /** Names of files as they stand in lines of an encoding that is not known here, by what they say. */
  private readonly rawNames = new Map<string, string>();
  private decode: (name: string) => string = (name) => name;

  private constructor(
    private lines: string[],
    private readonly charset: Charset,
  ) {}

  /**
   * @param decode for names of files: products write them in the code page of the machine they run on
   * @throws FormatError when the bytes are no descriptor
   */
  static read(bytes: Uint8Array, place: string, decode?: Decode): Descriptor {
    const named = /^encoding[ \t]*=[ \t]*"?([\w-]*)/im.exec(decodeText(bytes, 'bytes'))?.[1];
    const charset = charsetOf(bytes, named);
    const descriptor = Descriptor.parse(decodeText(bytes, charset), place, charset);
    descriptor.decode = decoderOf(charset, named, decode);
    return descriptor;
  }

  /** @throws FormatError when the text is no descriptor */
  static parse(text: string, place: string, charset: Charset = 'utf-8'): Descriptor {
    if (!looksLikeDescriptor(text)) {
      throw new FormatError(`${place}: expected a descriptor of a disk, found something else`);
    }
    const descriptor = new Descriptor(text.match(/[^\n]*\n|[^\n]+$/g) ?? [], charset);
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

  /**
   * In the encoding it was read in, byte for byte where nothing was changed.
   * @throws FormatError for characters that encoding does not have
   */
  bytes(): Uint8Array {
    const bytes = encodeText(this.format(), this.charset);
    if (bytes !== undefined) return bytes;
    throw new FormatError(`a value of the descriptor cannot be written in ${this.charset}`);
  }

  /** First value of a key, without quotes; keys are the same in capitals. */
  get(key: string): string | undefined {
    const setting = settingOf(this.lines[this.lineOf(key)] ?? '');
    return setting && unquote(setting.raw);
  }

  /** Changes a value in its place; a new key goes to the end of its section. */
  set(key: string, value: string): void {
    const line = this.lineOf(key);
    const setting = settingOf(this.lines[line] ?? '');
    if (setting !== undefined) {
      this.lines[line] = withValue(setting, value);
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

  /** The parent's descriptor, by name or path. */
  get parentHint(): string | undefined {
    const hint = this.get('parentFileNameHint');
    return hint && this.decode(hint);
  }

  get createType(): string {
    return this.get('createType') ?? '';
  }

  /** @throws FormatError for a line that is no extent, or too many */
  extents(place: string): ExtentLine[] {
    const found: ExtentLine[] = [];
    this.lines.forEach((line, index) => {
      if (!isExtentLine(line)) return;
      const extent = parseExtentLine(line.trim(), `${place}, line ${index + 1}`);
      const { file } = extent;
      const name = file && this.decode(file);
      if (name !== undefined && file !== undefined) this.rawNames.set(name, file);
      found.push(name === undefined ? extent : { ...extent, file: name });
    });
    // Of a disk of no size in parts some programs write none.
    if (found.length === 0 && this.get('ddb.geometry.cylinders') !== '0')
      throw new FormatError(`${place}: the descriptor names no extent`);
    if (found.length > EXTENTS_MAX) {
      throw new FormatError(`${place}: ${found.length} extents, at most ${EXTENTS_MAX} are taken`);
    }
    return found;
  }

  /** Replaces the extents, at the place of the first. */
  setExtents(extents: readonly ExtentLine[]): void {
    const found = this.lines.findIndex(isExtentLine);
    const first = found < 0 ? this.endOfHeader() : found;
    const rest = this.lines.filter((line) => !isExtentLine(line));
    const lines = extents.map((extent) => {
      const raw = this.rawNames.get(extent.file ?? '');
      return `${formatExtentLine(raw === undefined ? extent : { ...extent, file: raw })}\n`;
    });
    rest.splice(first, 0, ...lines);
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

  /** True when it begins with the line by which programs know descriptors. */
  get titled(): boolean {
    return /^[\s\ufeff]*#[ \t]*disk[ \t]*descriptorfile/i.test(this.lines.slice(0, 20).join(''));
  }

  /** Lines that are no comment, extent or setting with a value: cut short, or of something else. */
  meaningless(): string[] {
    return this.lines
      .map((line) => line.replace('\ufeff', '').trim())
      .filter((line) => {
        if (line === '' || line.startsWith('#') || isExtentLine(line)) return false;
        const setting = settingOf(line);
        return setting === undefined || (!setting.quoted && /^("|$)/.test(setting.raw));
      })
      .slice(0, MEANINGLESS_MAX);
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

/** True for a text that begins as descriptors do: with their title, or comments and then their version. */
export function looksLikeDescriptor(text: string): boolean {
  const title = /^\s*(#[^\n]*\n\s*)*(#[ \t]*disk[ \t]*descriptorfile|version[ \t]*=[ \t]*\d)/i;
  return title.test(text.slice(0, 2000));
}
