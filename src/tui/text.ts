/**
 * Rows of the screen are strings of cells one column wide and SGR codes, nothing else: no newlines,
 * no cursor codes. Names from outside go through `plain` before they become part of a row.
 */
const ESC = 27;
const SGR = /\u001B\[[\d;]*m/y;
const RESET = '\u001B[0m';

/** Columns [from, to) of a row, padded with blanks; styles are kept and closed. */
export function cut(row: string, from: number, to: number): string {
  let column = 0;
  let at = 0;
  let out = '';
  let styled = false;
  while (at < row.length && column < to) {
    if (row.charCodeAt(at) === ESC) {
      SGR.lastIndex = at;
      const code = SGR.exec(row)?.[0];
      if (code !== undefined) {
        out += code;
        styled = true;
        at += code.length;
        continue;
      }
    }
    if (column >= from) out += row[at];
    column++;
    at++;
  }
  if (styled) out += RESET;
  return out + ' '.repeat(Math.max(0, to - Math.max(column, from)));
}

/** How many columns a row takes. */
export function widthOf(row: string): number {
  return bare(row).length;
}

/** A row without its styles. */
export function bare(row: string): string {
  return row.replace(/\u001B\[[\d;]*m/g, '');
}

/** Text from outside made harmless: control characters and characters of other widths become `?`. */
export function plain(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const single =
      (code >= 0x20 && code < 0x7f) ||
      (code >= 0xa1 && code < 0x300 && code !== 0xad) ||
      (code >= 0x370 && code < 0x483) ||
      (code >= 0x2010 && code < 0x2028) ||
      (code >= 0x2190 && code < 0x2200) ||
      code === 0x20ac;
    out += single ? char : code === 0xa0 || code === 9 ? ' ' : '?';
  }
  return out;
}

/** At most `width` columns of plain text; what is left out leaves a mark. */
export function shorten(text: string, width: number, mark: string): string {
  if (text.length <= width) return text;
  return width <= 0 ? '' : text.slice(0, width - 1) + mark;
}

/** Keeps both ends of a long name, for names that differ at their end. */
export function shortenMiddle(text: string, width: number, mark: string): string {
  if (text.length <= width) return text;
  if (width < 6) return shorten(text, width, mark);
  const tail = Math.floor((width - 1) / 2);
  return text.slice(0, width - 1 - tail) + mark + text.slice(text.length - tail);
}

/** Plain text broken at blanks into lines of at most `width`. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    let rest = word;
    while (rest.length > width) {
      if (line !== '') lines.push(line);
      line = '';
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    if (line === '') line = rest;
    else if (line.length + 1 + rest.length <= width) line += ` ${rest}`;
    else {
      lines.push(line);
      line = rest;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** Blocks of rows side by side, each cut and padded to its width. */
export function beside(
  blocks: readonly { readonly rows: readonly string[]; readonly width: number }[],
  height: number,
  gap: number,
): string[] {
  return Array.from({ length: height }, (_, y) =>
    blocks.map(({ rows, width }) => cut(rows[y] ?? '', 0, width)).join(' '.repeat(gap)),
  );
}
