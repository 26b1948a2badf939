import { FormatError } from '../../core/errors.js';
import { type CounterPath, parseCounterPath } from './counter-path.js';
import { PdhLine } from './line.js';
import { parseStamp } from './stamp.js';

/** Start of the first field of the header, whoever wrote it. */
const MARK = '(PDH-CSV ';
/** Some collectors put lines of their own before the header. */
const STRAY_LINES = 16;
/** A host with a hundred thousand counters has a header of about 10 MB. */
const LINE_MAX = 64 * 1024 * 1024;
const NEWLINE = 10;
const RETURN = 13;

/** What the reader tells whoever keeps the figures. */
export interface PdhSink {
  /**
   * The columns, in order. Answers which of them are wanted: for each, where its value goes in the
   * values of a sample, or -1; and how many values a sample has.
   */
  header(
    zone: string,
    columns: readonly CounterPath[],
  ): { readonly slots: Int32Array; readonly width: number };
  /** @param at seconds since 1970 @param values NaN where there is none; a new array each time */
  sample(at: number, values: Float64Array): void;
}

/**
 * Reads a performance log in CSV (PDH-CSV 4.0) as it comes, in chunks of any size, and keeps one line
 * of it. Bytes that do not follow the format are a FormatError; `line` and `place` say where.
 */
export class PdhReader {
  /** Number of the line read last, from 1. */
  line = 0;
  /** Field of that line, from 1, and its name; empty when the line as a whole is meant. */
  place = '';
  /** The last line was cut short, as by a full disk or an interrupted recording, and was left out. */
  cutShort = false;
  private readonly parts: Uint8Array[] = [];
  private kept = 0;
  private columns: readonly CounterPath[] | undefined;
  private header: Uint8Array = new Uint8Array(0);
  private slots: Int32Array = new Int32Array(0);
  private width = 0;
  private readonly fields = new PdhLine();

  /** @param decode of UTF-8, which the language itself does not have */
  constructor(
    private readonly sink: PdhSink,
    private readonly decode: (bytes: Uint8Array) => string,
  ) {}

  /** The next bytes of the file; they are not kept. @throws FormatError */
  push(chunk: Uint8Array): void {
    let from = 0;
    for (;;) {
      const found = chunk.indexOf(NEWLINE, from);
      if (found < 0) break;
      this.take(this.joined(chunk.subarray(from, found)), false);
      from = found + 1;
    }
    if (from === chunk.length) return;
    this.kept += chunk.length - from;
    if (this.kept > LINE_MAX) {
      this.line++;
      throw new FormatError(`expected a line of at most ${LINE_MAX} bytes`);
    }
    this.parts.push(chunk.slice(from));
  }

  /** The file has ended. @throws FormatError */
  end(): void {
    const rest = this.joined(new Uint8Array(0));
    if (rest.length > 0) this.take(rest, true);
    if (this.columns !== undefined) return;
    this.place = '';
    throw new FormatError('expected a header that starts with "(PDH-CSV 4.0)", found none');
  }

  private joined(last: Uint8Array): Uint8Array {
    if (this.kept === 0) return last;
    const line = new Uint8Array(this.kept + last.length);
    let at = 0;
    for (const part of this.parts) {
      line.set(part, at);
      at += part.length;
    }
    line.set(last, at);
    this.parts.length = 0;
    this.kept = 0;
    return line;
  }

  private take(bytes: Uint8Array, last: boolean): void {
    this.line++;
    this.place = '';
    const line = bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes;
    if (line.length === 0) return;
    // Files put one after the other repeat their header.
    if (same(line, this.header)) return;
    if (this.columns === undefined) {
      this.readHeader(line);
      return;
    }
    this.fields.open(line);
    try {
      this.readSample();
    } catch (error) {
      // Without its line feed a line was not written to its end.
      if (!last || !(error instanceof FormatError)) throw error;
      this.cutShort = true;
    }
  }

  private readHeader(line: Uint8Array): void {
    const { fields } = this;
    fields.open(line);
    let mark = '';
    try {
      mark = fields.next() ? fields.text(this.decode).replace(/^\uFEFF?"?/, '') : '';
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
    if (!mark.startsWith(MARK)) {
      if (this.line < STRAY_LINES) return;
      throw new FormatError(
        'expected a header that starts with "(PDH-CSV 4.0)" in the first lines',
      );
    }
    this.header = line.slice();
    const columns: CounterPath[] = [];
    while (fields.next()) {
      const text = fields.text(this.decode);
      const column = parseCounterPath(text);
      this.place = `column ${fields.field + 1}`;
      if (column === undefined && text.trim() !== '') {
        const shown = text.slice(0, 60).replace(/[^ -~]/g, '?');
        throw new FormatError(
          `expected the name of a counter, \\\\HOST\\OBJECT(INSTANCE)\\COUNTER, found "${shown}"`,
        );
      }
      columns.push(column ?? { host: '', object: '', instance: '', counter: '' });
    }
    this.place = '';
    if (columns.length === 0) throw new FormatError('expected at least one counter in the header');
    this.columns = columns;
    const { slots, width } = this.sink.header(mark, columns);
    this.slots = slots;
    this.width = width;
  }

  private readSample(): void {
    const { fields, slots, decode } = this;
    const columns = this.columns as readonly CounterPath[];
    fields.next();
    this.place = 'column 1';
    const stamp = fields.text(decode);
    const at = parseStamp(stamp);
    if (at === undefined) {
      if (stamp.startsWith(MARK)) {
        throw new FormatError(
          'found a second header with other counters: read the files one by one',
        );
      }
      const shown = stamp.slice(0, 24).replace(/[^ -~]/g, '?');
      throw new FormatError(`expected a time such as 09/14/2026 10:00:05, found "${shown}"`);
    }
    const values = new Float64Array(this.width).fill(Number.NaN);
    while (fields.next()) {
      const index = fields.field - 1;
      if (index >= columns.length) {
        if (fields.blank) continue;
        this.place = `column ${fields.field + 1}`;
        throw new FormatError(`expected ${columns.length + 1} fields as in the header, found more`);
      }
      const slot = slots[index];
      if (slot >= 0) {
        const { object, instance, counter } = columns[index];
        this.place = `column ${fields.field + 1}`;
        try {
          values[slot] = fields.number(decode);
        } catch (error) {
          this.place += ` (${object}${instance === '' ? '' : `(${instance})`}\\${counter})`;
          throw error;
        }
      }
    }
    this.place = '';
    if (fields.field < columns.length) {
      throw new FormatError(
        `expected ${columns.length + 1} fields as in the header, found ${fields.field + 1}`,
      );
    }
    this.sink.sample(at, values);
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
