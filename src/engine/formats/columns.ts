import { FormatError } from '../core/errors.js';

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const BLANK = 32;
const POINT = 46;
const ZERO = 48;
const NINE = 57;

/** Characters of a field; a search for its end has to end. */
const FIELD_MAX = 40;

/** Walks over lines of blank-separated fields in a byte array without making strings of them. */
export class Columns {
  /** Number of the current line, from 1. */
  line = 0;
  /** The byte to be read next. */
  position = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** Goes to the next line that holds anything; false at the end. The last one was read to its end. */
  nextLine(): boolean {
    const { bytes } = this;
    while (this.position < bytes.length) {
      this.line++;
      this.skipBlanks();
      const byte = bytes[this.position];
      if (byte !== NEWLINE && byte !== RETURN && this.position < bytes.length) return true;
      this.passLineEnd();
    }
    return false;
  }

  /** The place of the field among `words`, or -1, and then the field is still to be read. */
  word(words: readonly string[]): number {
    const { position } = this;
    const end = this.fieldEnd();
    for (let index = 0; index < words.length; index++) {
      if (!this.spells(words[index] as string, end)) continue;
      this.position = end;
      this.skipBlanks();
      return index;
    }
    this.position = position;
    return -1;
  }

  /** A whole number up to 2^53. */
  integer(field: string): number {
    const end = this.fieldEnd();
    let value = 0;
    let index = this.position;
    for (; index < end && this.isDigit(index); index++) {
      value = value * 10 + (this.bytes[index] - ZERO);
    }
    if (index === this.position || index < end) this.refuse(field, 'a whole number from 0');
    if (value > Number.MAX_SAFE_INTEGER) this.refuse(field, 'a number below 2^53');
    this.position = end;
    this.skipBlanks();
    return value;
  }

  /** A number from 0 with or without a fraction. */
  decimal(field: string): number {
    const end = this.fieldEnd();
    let value = 0;
    let divisor = 1;
    let digits = 0;
    let point = false;
    let index = this.position;
    for (; index < end; index++) {
      if (this.bytes[index] === POINT && !point) {
        point = true;
        continue;
      }
      if (!this.isDigit(index)) break;
      digits++;
      value = value * 10 + (this.bytes[index] - ZERO);
      if (point) divisor *= 10;
    }
    if (digits === 0 || index < end) this.refuse(field, 'a decimal number from 0');
    this.position = end;
    this.skipBlanks();
    return value / divisor;
  }

  /** The end of the line: a line feed, with or without a carriage return, or the end of the file. */
  endLine(): void {
    const byte = this.bytes[this.position];
    if (this.position < this.bytes.length && byte !== NEWLINE && byte !== RETURN) {
      throw new FormatError(`expected the end of the line, found ${this.excerpt()}`);
    }
    this.passLineEnd();
  }

  refuse(field: string, expected: string): never {
    throw new FormatError(`${field}: expected ${expected}, found ${this.excerpt()}`);
  }

  private isDigit(index: number): boolean {
    return this.bytes[index] >= ZERO && this.bytes[index] <= NINE;
  }

  private isSpace(index: number): boolean {
    const byte = this.bytes[index];
    return byte === BLANK || byte === TAB || byte === NEWLINE || byte === RETURN;
  }

  private fieldEnd(): number {
    const last = Math.min(this.bytes.length, this.position + FIELD_MAX);
    let index = this.position;
    while (index < last && !this.isSpace(index)) index++;
    return index;
  }

  private spells(word: string, end: number): boolean {
    if (end - this.position !== word.length) return false;
    for (let index = 0; index < word.length; index++) {
      if (this.bytes[this.position + index] !== word.charCodeAt(index)) return false;
    }
    return true;
  }

  private skipBlanks(): void {
    while (this.bytes[this.position] === BLANK || this.bytes[this.position] === TAB) {
      this.position++;
    }
  }

  private passLineEnd(): void {
    if (this.bytes[this.position] === RETURN) this.position++;
    if (this.bytes[this.position] === NEWLINE) this.position++;
  }

  /** What stands at the position, for a message: short, and printable whatever it was. */
  private excerpt(): string {
    const end = Math.min(this.fieldEnd(), this.position + 24);
    if (end === this.position) {
      return end >= this.bytes.length ? 'the end of the file' : 'nothing';
    }
    let text = '';
    for (let index = this.position; index < end; index++) {
      const byte = this.bytes[index];
      text += byte > BLANK && byte < 127 ? String.fromCharCode(byte) : '?';
    }
    return `"${text}"`;
  }
}
