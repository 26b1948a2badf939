import { decodeUtf8, encodeUtf8 } from '../vmfs/bytes.js';

/** A line of a dictionary, `key = "value"`, taken apart so that it can be put together again. */
export interface Setting {
  readonly key: string;
  /** Without its quotes, escapes as they stand. */
  readonly raw: string;
  readonly quoted: boolean;
  /** What is in front of the value and behind it, with the end of the line. */
  readonly before: string;
  readonly after: string;
}

/**
 * Undefined for a line that is no setting: blank, a comment, or something else. Taken apart by hand: a
 * pattern takes quadratic time for a line of many blanks.
 */
export function settingOf(line: string): Setting | undefined {
  const equals = line.indexOf('=');
  const key = line.slice(line.startsWith('\ufeff') ? 1 : 0, Math.max(0, equals)).trim();
  if (!/^[^\s="#]+$/.test(key)) return undefined;
  const rest = line.slice(equals + 1);
  const value = rest.trim();
  const blanks = value === '' ? 0 : rest.length - rest.trimStart().length;
  const start = equals + 1 + blanks;
  // Quotes inside are escaped: the next one ends the value, whatever follows.
  const closing = value.startsWith('"') ? value.indexOf('"', 1) : -1;
  const quoted = closing > 0;
  return {
    key,
    raw: quoted ? value.slice(1, closing) : value,
    quoted,
    before: line.slice(0, start),
    after: line.slice(start + (quoted ? closing + 1 : value.length)),
  };
}

/** The line with another value, quoted as the old one was. */
export function withValue({ before, after, quoted }: Setting, value: string): string {
  return `${before}${quoted ? quote(value) : value}${after}`;
}

/**
 * `|22` and the like are bytes a quoted value cannot have (reference `vmdk-formats.md`, section 2);
 * several in a row are one text in UTF-8 (model).
 */
export function unquote(raw: string): string {
  return raw.replace(/(?:\|[0-9a-fA-F]{2})+/g, (run) =>
    decodeUtf8(Uint8Array.from(run.slice(1).split('|'), (hex) => Number.parseInt(hex, 16))),
  );
}

/** In quotes, with what cannot stand between them escaped. */
export function quote(text: string): string {
  const escaped = text.replace(/["|\u0000-\u001f\u007f]/g, (letter) => {
    const [byte] = encodeUtf8(letter);
    return `|${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}
