import { FormatError } from '../core/errors.js';

const NEWLINE = 10;
const RETURN = 13;
const COMMA = 44;
const ZERO = 48;
const NINE = 57;

/** Characters of a text field; names in traces are short, and a search for a comma has to end. */
const TEXT_MAX = 255;
/** Digits of an unsigned 64-bit number. */
const DIGITS_MAX = 20;
/** Digits in the lower half of a wide number. */
const LOW_DIGITS = 9;
/** What the lower half counts up to. */
export const WIDE_BASE = 1e9;

/** Walks over comma-separated lines in a byte array without making strings of them. */
export class Csv {
  /** Number of the current line, from 1. */
  line = 0;
  /** The byte to be read next. */
  position = 0;
  /** Number read by `wide`: `high * WIDE_BASE + low`. */
  high = 0;
  low = 0;
  /** Span of the field read by `text`. */
  start = 0;
  end = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** Goes to the next line that is not empty; false at the end. The last one was read to its end. */
  nextLine(): boolean {
    const { bytes } = this;
    let { position } = this;
    while (position < bytes.length) {
      this.line++;
      const byte = bytes[position];
      if (byte !== NEWLINE && byte !== RETURN) {
        this.position = position;
        return true;
      }
      position += byte === RETURN && bytes[position + 1] === NEWLINE ? 2 : 1;
    }
    this.position = position;
    return false;
  }

  /** Passes over the rest of the line. */
  skipLine(): void {
    const found = this.bytes.indexOf(NEWLINE, this.position);
    this.position = found < 0 ? this.bytes.length : found + 1;
  }

  /** A whole number up to 2^53. */
  integer(field: string): number {
    const { bytes, position } = this;
    let index = position;
    let value = 0;
    let byte = bytes[index];
    while (byte >= ZERO && byte <= NINE && index - position <= DIGITS_MAX) {
      value = value * 10 + (byte - ZERO);
      byte = bytes[++index];
    }
    if (index === position || !this.endsField(index)) this.refuse(field, 'a whole number from 0');
    if (value > Number.MAX_SAFE_INTEGER) this.refuse(field, 'a number below 2^53');
    this.position = index;
    return value;
  }

  /** A whole number of up to 20 digits, left in `high` and `low`, both exact. */
  wide(field: string): void {
    const { bytes, position } = this;
    let index = position;
    while (bytes[index] >= ZERO && bytes[index] <= NINE && index - position <= DIGITS_MAX) index++;
    const digits = index - position;
    if (digits === 0 || digits > DIGITS_MAX || !this.endsField(index)) {
      this.refuse(field, `a whole number of up to ${DIGITS_MAX} digits`);
    }
    const middle = Math.max(position, index - LOW_DIGITS);
    this.high = this.digits(position, middle);
    this.low = this.digits(middle, index);
    this.position = index;
  }

  /** Any text that is not empty; its span is left in `start` and `end`. */
  text(field: string): void {
    const { position } = this;
    let index = position;
    while (index - position <= TEXT_MAX && !this.endsField(index)) index++;
    if (index === position || index - position > TEXT_MAX) {
      this.refuse(field, `1 to ${TEXT_MAX} characters`);
    }
    this.start = position;
    this.end = index;
    this.position = index;
  }

  /** The comma before `field`. */
  comma(field: string): void {
    if (this.bytes[this.position] !== COMMA) this.refuse(field, 'a comma before it');
    this.position++;
  }

  /** The end of the line: a line feed, with or without a carriage return, or the end of the file. */
  endLine(): void {
    const { bytes } = this;
    if (bytes[this.position] === RETURN) this.position++;
    if (this.position < bytes.length && bytes[this.position] !== NEWLINE) {
      throw new FormatError(`expected the end of the line, found ${this.excerpt()}`);
    }
    this.position++;
  }

  refuse(field: string, expected: string): never {
    throw new FormatError(`${field}: expected ${expected}, found ${this.excerpt()}`);
  }

  /** The span as text, one character per byte. */
  string(start: number, end: number): string {
    let text = '';
    for (let index = start; index < end; index++) text += String.fromCharCode(this.bytes[index]);
    return text;
  }

  private digits(start: number, end: number): number {
    let value = 0;
    for (let index = start; index < end; index++) value = value * 10 + (this.bytes[index] - ZERO);
    return value;
  }

  private endsField(index: number): boolean {
    if (index >= this.bytes.length) return true;
    const byte = this.bytes[index];
    return byte === COMMA || byte === NEWLINE || byte === RETURN;
  }

  /** What stands at the position, for a message: short, and printable whatever it was. */
  private excerpt(): string {
    let end = this.position;
    while (end - this.position < 24 && !this.endsField(end)) end++;
    if (end === this.position) return end >= this.bytes.length ? 'the end of the file' : 'nothing';
    return `"${this.string(this.position, end).replace(/[^ -~]/g, '?')}"`;
  }
}
