import { FormatError } from '../../core/errors.js';
import {
  type Charset,
  charsetOf,
  type Decode,
  decoderOf,
  decodeText,
  encodeText,
} from './charset.js';
import { quote, settingOf, unquote, withValue } from './line.js';

/** Largest file taken. A machine with 256 disks has 60 KB. */
export const DICTIONARY_BYTES = 1 << 20;

/**
 * A file of settings: .vmx, .vmtx, .vmsd (reference `stack-upper.md`, section 17). What is not known
 * stays as it is and where it is: comments, blanks, order, ends of lines, encoding. A change touches
 * only the line it is about. Keys are the same in capitals; of several lines with one key the last
 * counts.
 */
export class Dictionary {
  /** Line that counts, by key in small letters. */
  private readonly index = new Map<string, number>();
  private lines: string[];
  private decode: (value: string) => string = (value) => value;

  private constructor(
    text: string,
    readonly charset: Charset,
    private readonly place: string,
  ) {
    this.lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
    this.count();
  }

  /**
   * @param decode for values in the code page of the machine a product ran on
   * @throws FormatError for what is too large or no text
   */
  static read(bytes: Uint8Array, place: string, decode?: Decode): Dictionary {
    if (bytes.length > DICTIONARY_BYTES) {
      throw new FormatError(
        `${place}: ${bytes.length} bytes; settings have at most ${DICTIONARY_BYTES}`,
      );
    }
    const zero = bytes.indexOf(0);
    if (zero >= 0) {
      throw new FormatError(`${place}: expected text, found a zero byte at byte ${zero}`);
    }
    const first = new Dictionary(decodeText(bytes, 'bytes'), 'bytes', place);
    const named = first.get('.encoding') ?? first.get('encoding');
    const charset = charsetOf(bytes, named);
    first.decode = decoderOf(charset, named, decode);
    if (charset === 'bytes') return first;
    return new Dictionary(decodeText(bytes, charset), charset, place);
  }

  /** The file, byte for byte what was read where nothing was changed. */
  bytes(): Uint8Array {
    const bytes = encodeText(this.lines.join(''), this.charset);
    if (bytes !== undefined) return bytes;
    throw new FormatError(
      `${this.place}: a value cannot be written in the encoding of the file, ${this.charset}`,
    );
  }

  /** Value of a key, without quotes and escapes. */
  get(key: string): string | undefined {
    const setting = settingOf(this.lines[this.lineOf(key)] ?? '');
    return setting && unquote(this.decode(setting.raw));
  }

  /** Whether a key says TRUE. */
  isTrue(key: string): boolean {
    return /^(true|yes|1)$/i.test(this.get(key) ?? '');
  }

  /** Changes a value in its place; a new key goes to the end. */
  set(key: string, value: string): void {
    const line = this.lineOf(key);
    const setting = settingOf(this.lines[line] ?? '');
    if (setting !== undefined) {
      // A value without quotes can have neither blanks nor quotes of its own.
      this.lines[line] = withValue({ ...setting, quoted: true }, value);
      return;
    }
    const last = this.lines.length - 1;
    const end = this.lines[0]?.endsWith('\r\n') ? '\r\n' : '\n';
    if (last >= 0 && !this.lines[last].endsWith('\n')) this.lines[last] += end;
    this.index.set(key.toLowerCase(), this.lines.length);
    this.lines.push(`${key} = ${quote(value)}${end}`);
  }

  /** Removes every line of a key. */
  remove(key: string): void {
    const wanted = key.toLowerCase();
    if (!this.index.has(wanted)) return;
    this.lines = this.lines.filter((line) => settingOf(line)?.key.toLowerCase() !== wanted);
    this.count();
  }

  /** Keys as they are written, each once, in the order of the file. */
  keys(): string[] {
    return [...this.index.values()]
      .sort((one, other) => one - other)
      .map((line) => settingOf(this.lines[line])?.key ?? '');
  }

  /** Lines, from 1, that are neither settings nor comments: nothing is known about them. */
  strays(): number[] {
    const found: number[] = [];
    this.lines.forEach((line, at) => {
      const text = line.trim();
      if (text !== '' && !text.startsWith('#') && settingOf(line) === undefined) found.push(at + 1);
    });
    return found;
  }

  /** Keys, in small letters, that are there more than once. */
  repeated(): string[] {
    const seen = new Set<string>();
    const twice = new Set<string>();
    for (const line of this.lines) {
      const key = settingOf(line)?.key.toLowerCase();
      if (key === undefined) continue;
      if (seen.has(key)) twice.add(key);
      seen.add(key);
    }
    return [...twice];
  }

  private lineOf(key: string): number {
    return this.index.get(key.toLowerCase()) ?? -1;
  }

  private count(): void {
    this.index.clear();
    this.lines.forEach((line, at) => {
      const key = settingOf(line)?.key.toLowerCase();
      if (key !== undefined) this.index.set(key, at);
    });
  }
}
