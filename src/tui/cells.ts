/**
 * A row of the screen as cells, and what has to be written to make one row of another: the cells that
 * differ and no others, so that nothing flickers and a slow line is not filled with what is there already.
 */

const ESC = '\u001B';
const SGR = /\u001B\[[\d;]*m/y;
const RESETS = new Set(['\u001B[m', '\u001B[0m']);
/** One attribute and nothing else: a colour of its own, or a single number. */
const SINGLE = /^\u001B\[(?:(38|48);(?:5;\d+|2;\d+;\d+;\d+)|(\d+))m$/;
/** Not yet written to since the screen was cleared. */
export const BLANK: Cells = { text: '', styles: [] };

/** One character and one style per column; what lies beyond its end is blank. */
export interface Cells {
  readonly text: string;
  /** Numbers of styles (`styleOf`); 0 is none. */
  readonly styles: readonly number[];
}

/** Codes in force, oldest first; one text for each style there has been. There are a few dozen. */
const texts: string[] = [''];
const codes: (readonly string[])[] = [[]];
const known = new Map<string, number>([['', 0]]);
/** Where a code leads from a style: looked up for every coloured word of every frame. */
const steps: Map<string, number>[] = [new Map()];

function styleOf(all: readonly string[]): number {
  const text = all.join('');
  const found = known.get(text);
  if (found !== undefined) return found;
  const style = texts.push(text) - 1;
  codes.push(all);
  steps.push(new Map());
  known.set(text, style);
  return style;
}

/** The code that ends what a single one began; undefined for those that end, and for several in one. */
function endOf(code: string): number | undefined {
  const [, colour, number] = SINGLE.exec(code) ?? [];
  if (colour !== undefined) return colour === '38' ? 39 : 49;
  if (number === undefined) return undefined;
  const value = Number(number);
  if (value === 1 || value === 2) return 22;
  if (value >= 3 && value <= 9) return value + 20;
  if ((value >= 30 && value <= 37) || (value >= 90 && value <= 97)) return 39;
  if ((value >= 40 && value <= 47) || (value >= 100 && value <= 107)) return 49;
  return undefined;
}

function after(style: number, code: string): number {
  const from = steps[style] as Map<string, number>;
  const found = from.get(code);
  if (found !== undefined) return found;
  const next = styleOf(RESETS.has(code) ? [] : combined(codes[style] ?? [], code));
  from.set(code, next);
  return next;
}

/** A code that ends what single ones began takes them away; of any other the last word counts. */
function combined(before: readonly string[], code: string): string[] {
  if (code.startsWith(`${ESC}[0;`)) return [code];
  const left = before.filter((earlier) => `${ESC}[${endOf(earlier)}m` !== code);
  return left.length < before.length ? left : [...before, code];
}

/** Puts a row together from parts of rows: cells one column wide and SGR codes, nothing else. */
export class RowBuilder {
  private text = '';
  private readonly styles: number[] = [];

  /** Adds the columns [from, from + width) of a row, with blanks where it is shorter. */
  add(row: string, from: number, width: number): void {
    const end = this.styles.length + width;
    let style = 0;
    let column = 0;
    let at = 0;
    while (at < row.length && column < from + width) {
      SGR.lastIndex = at;
      const code = row[at] === ESC ? SGR.exec(row)?.[0] : undefined;
      if (code !== undefined) {
        style = after(style, code);
        at += code.length;
        continue;
      }
      const next = row.indexOf(ESC, at + 1);
      const length = (next < 0 ? row.length : next) - at;
      const first = Math.max(0, from - column);
      const last = Math.min(length, from + width - column);
      if (last > first) {
        this.text += row.slice(at + first, at + last);
        for (let cell = first; cell < last; cell++) this.styles.push(style);
      }
      column += length;
      at += length;
    }
    this.text += ' '.repeat(end - this.styles.length);
    while (this.styles.length < end) this.styles.push(0);
  }

  get cells(): Cells {
    return { text: this.text, styles: this.styles };
  }
}

/**
 * What turns the row `y` of a terminal from `before` into `now`: cursor movements and the cells that
 * differ; nothing when none does. Styles are closed at its end.
 */
export function difference(before: Cells, now: Cells, y: number): string {
  let out = '';
  let style = 0;
  let cursor = -1;
  const { length } = now.styles;
  for (let x = 0; x < length; x++) {
    const wanted = now.styles[x] as number;
    const was = before.styles[x] ?? 0;
    const char = now.text[x] as string;
    if (wanted === was && char === (before.text[x] ?? ' ')) continue;
    if (cursor < 0) out += `${ESC}[${y + 1};${x + 1}H`;
    else if (cursor < x) out += x - cursor === 1 ? `${ESC}[C` : `${ESC}[${x - cursor}C`;
    if (style !== wanted) {
      out += style === 0 ? texts[wanted] : `${ESC}[0m${texts[wanted]}`;
      style = wanted;
    }
    out += char;
    cursor = x + 1;
  }
  return style === 0 ? out : `${out}${ESC}[0m`;
}
