import { FormatError } from '../../core/errors.js';

/**
 * One line of comma-separated fields, as bytes. A field is bare, or stands in double quotes, in
 * which a quote is doubled. Blanks around a bare field belong to it.
 */
const COMMA = 44;
const QUOTE = 34;
const ZERO = 48;
const NINE = 57;
const DOT = 46;
const MINUS = 45;
const SPACE = 32;

/** Powers of ten that a number keeps exact after the point. */
const DECIMALS_MAX = 15;

/** Goes over the fields of a line; `start` and `end` are the span of the current one, unquoted. */
export class PdhLine {
  private bytes: Uint8Array = new Uint8Array(0);
  private position = 0;
  private more = false;
  private doubled = false;
  /** Number of the current field, from 0. */
  field = -1;
  start = 0;
  end = 0;

  /** @param bytes the line without its line feed */
  open(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.position = 0;
    this.field = -1;
    this.more = bytes.length > 0;
  }

  /** Goes to the next field; false after the last. @throws FormatError for a quote left open */
  next(): boolean {
    if (!this.more) return false;
    this.field++;
    this.doubled = false;
    if (this.bytes[this.position] === QUOTE) this.quoted();
    else this.bare();
    return true;
  }

  private bare(): void {
    const { bytes, position } = this;
    const comma = bytes.indexOf(COMMA, position);
    this.start = position;
    this.end = comma < 0 ? bytes.length : comma;
    this.more = comma >= 0;
    this.position = this.end + 1;
  }

  private quoted(): void {
    const { bytes } = this;
    this.start = this.position + 1;
    let quote = bytes.indexOf(QUOTE, this.start);
    while (quote >= 0 && bytes[quote + 1] === QUOTE) {
      this.doubled = true;
      quote = bytes.indexOf(QUOTE, quote + 2);
    }
    if (quote < 0) throw new FormatError('expected a closing quote, found the end of the line');
    this.end = quote;
    this.more = bytes[quote + 1] === COMMA;
    if (!this.more && quote + 1 < bytes.length) {
      throw new FormatError('expected a comma after the closing quote');
    }
    this.position = quote + 2;
  }

  /** The field as text. @param decode of UTF-8 bytes */
  text(decode: (bytes: Uint8Array) => string): string {
    const text = decode(this.bytes.subarray(this.start, this.end));
    return this.doubled ? text.replaceAll('""', '"') : text;
  }

  /**
   * The field as a number; NaN where it is empty or blank, which means that there is none.
   * @throws FormatError when it is anything else
   */
  number(decode: (bytes: Uint8Array) => string): number {
    const { bytes, start, end } = this;
    let index = start;
    const negative = bytes[index] === MINUS;
    if (negative) index++;
    let value = 0;
    let digits = 0;
    let scale = 0;
    for (; index < end; index++) {
      const byte = bytes[index];
      if (byte === DOT && scale === 0) scale = 1;
      else if (byte >= ZERO && byte <= NINE && digits < DECIMALS_MAX) {
        value = value * 10 + (byte - ZERO);
        if (scale > 0) scale *= 10;
        digits++;
      } else return this.unusual(decode);
    }
    if (digits === 0) return this.unusual(decode);
    const magnitude = scale > 1 ? value / scale : value;
    return negative ? -magnitude : magnitude;
  }

  /** Numbers that are long, in exponent form or no numbers at all: seldom, and so through text. */
  private unusual(decode: (bytes: Uint8Array) => string): number {
    const text = this.text(decode).trim();
    if (text === '' || /^-?(nan|inf|infinity)$/i.test(text)) return Number.NaN;
    if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
    const shown = text.slice(0, 24).replace(/[^ -~]/g, '?');
    throw new FormatError(`expected a number, found "${shown}"`);
  }

  /** Whether the field holds nothing but blanks. */
  get blank(): boolean {
    for (let index = this.start; index < this.end; index++) {
      if (this.bytes[index] !== SPACE) return false;
    }
    return true;
  }
}

/** Every field in quotes, as esxtop writes them, with a line feed at the end. */
export function formatLine(fields: readonly string[]): string {
  return `${fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')}\n`;
}
