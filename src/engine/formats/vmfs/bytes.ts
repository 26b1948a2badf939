import { FormatError } from '../../core/errors.js';

/**
 * Fields of on-disk records: little-endian, at fixed offsets of a byte array. 64-bit fields are
 * numbers, exact up to 2^53, which is far above every address and size of a volume; a larger one is
 * damage.
 */

const TWO_32 = 0x100000000;

export const KIB = 1024;
export const MIB = 0x100000;

export function getU16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

export function getU32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

/** @throws FormatError above 2^53 */
export function getU64(bytes: Uint8Array, at: number): number {
  const value = getU32(bytes, at + 4) * TWO_32 + getU32(bytes, at);
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  throw new FormatError(`the number at byte ${at} of the record is beyond 2^53`);
}

/** The field, or 2^53 - 1 where it is larger: for fields that are only shown. */
export function getU64Saturated(bytes: Uint8Array, at: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, getU32(bytes, at + 4) * TWO_32 + getU32(bytes, at));
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function putU64(bytes: Uint8Array, at: number, value: number): void {
  putU32(bytes, at, value % TWO_32);
  putU32(bytes, at + 4, Math.floor(value / TWO_32));
}

/** Length of the text in a field that is padded with zeros. */
function textLength(bytes: Uint8Array, at: number, size: number): number {
  const end = bytes.subarray(at, at + size).indexOf(0);
  return end < 0 ? size : end;
}

/** UTF-8 text of a field padded with zeros; what is not UTF-8 becomes U+FFFD. */
export function getText(bytes: Uint8Array, at: number, size: number): string {
  return decodeUtf8(bytes.subarray(at, at + textLength(bytes, at, size)));
}

/** @throws FormatError when the text takes more than `size` bytes */
export function putText(bytes: Uint8Array, at: number, size: number, text: string): void {
  putBytes(bytes, at, size, encodeUtf8(text));
}

/** @throws FormatError when the name takes more than `size` bytes */
export function putName(bytes: Uint8Array, at: number, size: number, name: string): void {
  putBytes(bytes, at, size, encodeName(name));
}

function putBytes(bytes: Uint8Array, at: number, size: number, encoded: Uint8Array): void {
  if (encoded.length > size)
    throw new FormatError(`a text of ${encoded.length} bytes, at most ${size} fit`);
  bytes.fill(0, at, at + size);
  bytes.set(encoded, at);
}

/**
 * Text of a field padded with zeros that goes back as the bytes it was: those that are not UTF-8 become
 * lone surrogates, U+DC80 to U+DCFF, which no UTF-8 has.
 */
export function getName(bytes: Uint8Array, at: number, size: number): string {
  return decodeUtf8(bytes.subarray(at, at + textLength(bytes, at, size)), ESCAPES);
}

/** The bytes of text from `getName`. */
export function encodeName(name: string): Uint8Array {
  return encodeUtf8(name, ESCAPES);
}

/** A name as people see it. */
export function showName(name: string): string {
  return name.replace(/[\udc80-\udcff]/gu, '\ufffd');
}

const ESCAPES = 0xdc00;

/**
 * UTF-8 by hand: the engine has neither Node nor a DOM to ask.
 * @param escapes with which bytes were escaped that are not UTF-8
 */
export function encodeUtf8(text: string, escapes?: number): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    let code = character.codePointAt(0) ?? 0;
    if (escapes !== undefined && code >= escapes + 0x80 && code <= escapes + 0xff) {
      out.push(code - escapes);
      continue;
    }
    if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
    if (code < 0x80) out.push(code);
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) {
      out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    } else {
      out.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63));
      out.push(0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
  }
  return Uint8Array.from(out);
}

/** @param escapes is added to bytes that are not UTF-8; without it they become U+FFFD */
export function decodeUtf8(bytes: Uint8Array, escapes?: number): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at];
    const extra = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    let code = extra === 0 ? lead : lead & (0x3f >> extra);
    let good = extra >= 0 && lead < 0xf5;
    for (let more = 1; good && more <= extra; more++) {
      const next = bytes[at + more] ?? 0;
      good = (next & 0xc0) === 0x80;
      code = (code << 6) | (next & 63);
    }
    const least = extra === 2 ? 0x800 : extra === 3 ? 0x10000 : 0;
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) good = false;
    if (good) text += String.fromCodePoint(code);
    else text += escapes === undefined ? '\ufffd' : String.fromCharCode(escapes + lead);
    at += good ? extra + 1 : 1;
  }
  return text;
}

export function isZero(bytes: Uint8Array | Uint32Array): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

export function alignDown(value: number, unit: number): number {
  return Math.floor(value / unit) * unit;
}

export function alignUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
