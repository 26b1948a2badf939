/** A filled graph of our own: two samples per column, four levels per row, or plain ASCII bars. */
import { shortenDevices } from '../events.js';
import { plain, shorten } from '../text.js';
import type { Theme } from '../theme.js';

export interface Series {
  readonly title: string;
  /** Oldest first; NaN where there was nothing to say. */
  readonly values: readonly number[];
  /** Simulated time the values span, ns. */
  readonly spanNs: number;
  /** The values end at an earlier moment, not now. */
  readonly past?: boolean;
  /** Top of the scale where it has one of its own, such as 100 for percentages. */
  readonly top?: number;
  /** What the values are to be compared with: as many, of the same times, drawn as a dashed line. */
  readonly against?: { readonly title: string; readonly values: readonly number[] };
}

/** Whether values go below zero, as those of what shrinks do. */
export function isSigned({ values }: Series): boolean {
  return values.some((value) => value < 0);
}

/** Top of the scale: the series' own, unless a value is above it. */
export function scaleTop({ values, against, top }: Series): number {
  let most = 0;
  for (const value of [...values, ...(against?.values ?? [])]) if (value > most) most = value;
  return top !== undefined && most <= top ? top : niceTop(most);
}

/** So many dots of a cell from its bottom, and from its top. */
const LEFT = [0x00, 0x40, 0x44, 0x46, 0x47];
const RIGHT = [0x00, 0x80, 0xa0, 0xb0, 0xb8];
const LEFT_DOWN = [0x00, 0x01, 0x03, 0x07, 0x47];
const RIGHT_DOWN = [0x00, 0x08, 0x18, 0x38, 0xb8];
/** Both dots of one height, lowest first. */
const LINE = [0xc0, 0x24, 0x12, 0x09];
const BRAILLE = 0x2800;
const DOTS = 4;
const AXIS = 7;
/** So that the highest value does not look cut off. */
const HEADROOM = 1.05;

/**
 * Title with the latest value, then the graph with its scale at the left. Where values go below zero
 * they hang from a line in the middle, on the same scale.
 */
export function areaChart(series: Series, width: number, height: number, theme: Theme): string[] {
  const values = series.values.map(finite);
  const line = (series.against?.values ?? []).map(finite);
  const head = chartTitle(series, width, theme);
  const rows = Math.max(1, height - 1);
  const columns = Math.max(1, width - AXIS - 1);
  const draw = theme.glyph.braille ? brailleRows : asciiRows;
  const labelled = (graph: readonly string[], labels: Readonly<Record<number, number>>): string[] =>
    graph.map((row, index) => {
      const value = labels[index];
      const label = value === undefined ? '' : shortNumber(value);
      return `${theme.paint('dim', label.padStart(AXIS))} ${theme.paint('graph', row)}`;
    });
  if (!isSigned(series) || rows < 2) {
    const top = scaleTop(series);
    return [head, ...labelled(draw(values, line, columns, rows, top), { [rows - 1]: 0, 0: top })];
  }
  const far = niceTop(Math.max(...values.map(Math.abs)));
  const down = Math.floor(rows / 2);
  const up = rows - down;
  const above = draw(values.map(positive), line, columns, up, (far * up) / down);
  const below = draw(values.map(negated).map(positive), [], columns, down, far, true);
  return [
    head,
    ...labelled(above, { [up - 1]: 0, [up - down]: far }),
    ...labelled(below, { [down - 1]: -far }),
  ];
}

function positive(value: number): number {
  return Math.max(0, value);
}

function negated(value: number): number {
  return -value;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** `GIVEN/s web1 320 -- ENTITLED 400`: the dashes are the line of what it is compared with. */
export function chartTitle(series: Series, width: number, theme: Theme): string {
  const { against } = series;
  const now = latest(series.values);
  const legend =
    against === undefined
      ? ''
      : `  ${theme.glyph.dashes} ${plain(against.title)} ${latest(against.values)}`;
  const room = Math.max(0, width - now.length - 1 - legend.length);
  const whole = plain(series.title);
  const fitting = whole.length > room ? shortenDevices(whole, theme.glyph.more) : whole;
  const title = shorten(fitting, room, theme.glyph.more);
  return `${theme.paint('title', title)} ${theme.paint('strong', now)}${theme.paint('accent', legend)}`;
}

function latest(values: readonly number[]): string {
  const last = values.at(-1);
  return last === undefined || Number.isNaN(last) ? '-' : shortNumber(last);
}

/** @param hangs from its upper edge downwards */
function brailleRows(
  values: readonly number[],
  line: readonly number[],
  columns: number,
  rows: number,
  top: number,
  hangs = false,
): string[] {
  // An even first sample, or the whole graph shimmers with every step.
  const count = columns * 2;
  const first = Math.max(0, values.length - count + (values.length % 2));
  const pad = count - (values.length - first) - (values.length % 2);
  const dotsOf = (value: number | undefined): number =>
    value === undefined ? 0 : Math.round((value / top) * rows * DOTS);
  const level = (index: number): number => (index < pad ? 0 : dotsOf(values[first + index - pad]));
  /** The line's dot in a cell, 0 for none; every other column has none, which makes the dashes. */
  const dash = (column: number, base: number): number => {
    const index = 2 * column - pad;
    const height = index < 0 || column % 2 === 1 ? 0 : dotsOf(line[first + index]);
    const dot = height - base;
    return dot >= 1 && dot <= DOTS ? (LINE[dot - 1] ?? 0) : 0;
  };
  const [left, right] = hangs ? [LEFT_DOWN, RIGHT_DOWN] : [LEFT, RIGHT];
  return Array.from({ length: rows }, (_, row) => {
    const base = (hangs ? row : rows - 1 - row) * DOTS;
    let text = '';
    for (let column = 0; column < columns; column++) {
      const a = Math.min(DOTS, Math.max(0, level(2 * column) - base));
      const b = Math.min(DOTS, Math.max(0, level(2 * column + 1) - base));
      // Dots where the graph ends below the line, a gap where it reaches above it.
      const dots = ((left[a] ?? 0) | (right[b] ?? 0)) ^ dash(column, base);
      text += dots === 0 ? ' ' : String.fromCharCode(BRAILLE | dots);
    }
    return text;
  });
}

function asciiRows(
  values: readonly number[],
  line: readonly number[],
  columns: number,
  rows: number,
  top: number,
  hangs = false,
): string[] {
  const first = Math.max(0, values.length - columns);
  const pad = columns - (values.length - first);
  return Array.from({ length: rows }, (_, row) => {
    const base = hangs ? row : rows - 1 - row;
    const levelOf = (value: number): number => (value / top) * rows - base;
    let text = ' '.repeat(pad);
    for (let index = first; index < values.length; index++) {
      const level = levelOf(values[index] ?? 0);
      const dash = index % 2 === 0 ? levelOf(line[index] ?? 0) : 0;
      if (dash > 0 && dash <= 1) text += '-';
      else text += level >= 0.75 ? '#' : level >= 0.25 ? '.' : ' ';
    }
    return text;
  });
}

/** One row of eight heights, scaled to its own largest value. */
export function sparkline(values: readonly number[], width: number, theme: Theme): string {
  const { levels } = theme.glyph;
  const shown = values.slice(-width).map((value) => (Number.isFinite(value) ? value : 0));
  const top = Math.max(...shown, 0);
  const bars = shown.map((value) => {
    if (top === 0 || value <= 0) return ' ';
    return levels[Math.min(levels.length - 1, Math.floor((value / top) * levels.length))] ?? ' ';
  });
  return bars.join('').padStart(width);
}

/** A share of a whole as a bar with a track. */
export function bar(share: number, width: number, theme: Theme): string {
  const full = Math.min(width, Math.max(0, Math.round(share * width)));
  // Something is never shown as nothing.
  const filled = share > 0.005 ? Math.max(1, full) : full;
  return theme.glyph.full.repeat(filled) + theme.glyph.empty.repeat(width - filled);
}

/** A round number above the largest value, for a scale that stays while values wobble. */
export function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1.5, 2, 3, 4, 6, 8]) {
    if (step * power >= value * HEADROOM) return Number((step * power).toPrecision(3));
  }
  return 10 * power * (value * HEADROOM > 10 * power ? 1.5 : 1);
}

/** At most six characters, and a sign. */
export function shortNumber(value: number): string {
  for (const [limit, factor, unit] of [
    [1e4, 1, ''],
    [1e7, 1e3, 'k'],
    [1e10, 1e6, 'M'],
  ] as const) {
    if (Math.abs(value) >= limit) continue;
    const scaled = value / factor;
    if (scaled === 0) return '0';
    return `${Math.abs(scaled) >= 100 || unit === '' ? trim(scaled) : scaled.toFixed(1)}${unit}`;
  }
  return `${(value / 1e9).toFixed(1)}G`;
}

function trim(value: number): string {
  const size = Math.abs(value);
  return String(Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)));
}
