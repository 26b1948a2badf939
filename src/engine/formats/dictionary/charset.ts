import { decodeUtf8, encodeUtf8, sameBytes } from '../vmfs/bytes.js';

/**
 * How the bytes of a text file are read; each gives back the same bytes. `bytes`: one character per
 * byte, for encodings that are not known here (GBK, Big5, Shift_JIS).
 */
export type Charset = 'utf-8' | 'windows-1252' | 'bytes';

/** Characters of windows-1252 for 0x80 to 0x9f; 0 where it has none. Source: Unicode's CP1252.TXT. */
const WINDOWS_1252 = [
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152,
  0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161,
  0x203a, 0x0153, 0, 0x017e, 0x0178,
];

/** Text in an encoding that is not known here; undefined where it is no such text. */
export type Decode = (bytes: Uint8Array, encoding: string) => string | undefined;

/**
 * @param named what the file says of itself, if it says anything: UTF-8 that is none is taken as bytes, and
 * what happens to be UTF-8 too, as pairs of bytes in GBK do, is what it says
 */
export function charsetOf(bytes: Uint8Array, named: string | undefined): Charset {
  if (/^(windows-|cp)1252$/i.test(named ?? '')) return 'windows-1252';
  const other = named !== undefined && !/^utf-?8$/i.test(named);
  if (other && bytes.some((byte) => byte >= 0x80)) return 'bytes';
  return sameBytes(encodeUtf8(decodeUtf8(bytes)), bytes) ? 'utf-8' : 'bytes';
}

/** Reads text that was decoded as bytes by what its file says; as it is where nobody knows that encoding. */
export function decoderOf(
  charset: Charset,
  named: string | undefined,
  decode: Decode | undefined,
): (text: string) => string {
  if (charset !== 'bytes' || named === undefined || decode === undefined) return (text) => text;
  return (text) => decode(encodeText(text, 'bytes') ?? new Uint8Array(0), named) ?? text;
}

export function decodeText(bytes: Uint8Array, charset: Charset): string {
  if (charset === 'utf-8') return decodeUtf8(bytes);
  let text = '';
  for (const byte of bytes) {
    const high = byte >= 0x80 && byte < 0xa0 && charset === 'windows-1252';
    text += String.fromCharCode((high && WINDOWS_1252[byte - 0x80]) || byte);
  }
  return text;
}

/** Undefined when the text has a character the encoding does not. */
export function encodeText(text: string, charset: Charset): Uint8Array | undefined {
  if (charset === 'utf-8') return encodeUtf8(text);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const high = charset === 'windows-1252' ? WINDOWS_1252.indexOf(code) : -1;
    if (code > 0 && high >= 0) bytes[at] = 0x80 + high;
    else if (code > 0xff) return undefined;
    else bytes[at] = code;
  }
  return bytes;
}
