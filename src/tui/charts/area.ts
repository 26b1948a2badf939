/** A filled graph of our own: two samples per column, four levels per row, or plain ASCII bars. */
import { plain } from '../text.js';
import type { Theme } from '../theme.js';

export interface Series {
  readonly title: string;
  /** Oldest first; NaN where there was nothing to say. */
  readonly values: readonly number[];
  /** Simulated time the values span, ns. */
  readonly spanNs: number;
  /** Top of the scale where it has one of its own, such as 100 for percentages. */
  readonly top?: number;
}

/** Top of the scale: the series' own, unless a value is above it. */
export function scaleTop({ values, top }: Series): number {
  const most = values.reduce((highest, value) => (value > highest ? value : highest), 0);
  return top !== undefined && most <= top ? top : niceTop(most);
}

const LEFT = [0x00, 0x40, 0x44, 0x46, 0x47];
const RIGHT = [0x00, 0x80, 0xa0, 0xb0, 0xb8];
const BRAILLE = 0x2800;
const DOTS = 4;
const AXIS = 7;
/** So that the highest value does not look cut off. */
const HEADROOM = 1.05;

/** Title with the latest value, then the graph with its scale at the left. */
export function areaChart(series: Series, width: number, height: number, theme: Theme): string[] {
  const values = series.values.map((value) => (Number.isFinite(value) ? value : 0));
  const top = scaleTop(series);
  const head = chartTitle(series, width, theme);
  const rows = Math.max(1, height - 1);
  const columns = Math.max(1, width - AXIS - 1);
  const graph = theme.glyph.braille
    ? brailleRows(values, columns, rows, top)
    : asciiRows(values, columns, rows, top);
  return [
    head,
    ...graph.map((row, index) => {
      const label = index === 0 ? shortNumber(top) : index === rows - 1 ? '0' : '';
      return `${theme.paint('dim', label.padStart(AXIS))} ${theme.paint('graph', row)}`;
    }),
  ];
}

export function chartTitle(series: Series, width: number, theme: Theme): string {
  const last = series.values.at(-1);
  const now = last === undefined || Number.isNaN(last) ? '-' : shortNumber(last);
  const title = plain(series.title).slice(0, Math.max(0, width - now.length - 1));
  return `${theme.paint('title', title)} ${theme.paint('strong', now)}`;
}

function brailleRows(
  values: readonly number[],
  columns: number,
  rows: number,
  top: number,
): string[] {
  // An even first sample, or the whole graph shimmers with every step.
  const count = columns * 2;
  const first = Math.max(0, values.length - count + (values.length % 2));
  const shown = values.slice(first);
  const pad = count - shown.length - (shown.length % 2);
  const level = (index: number): number => {
    const value = shown[index - pad];
    return value === undefined ? 0 : Math.round((value / top) * rows * DOTS);
  };
  return Array.from({ length: rows }, (_, row) => {
    const base = (rows - 1 - row) * DOTS;
    let text = '';
    for (let column = 0; column < columns; column++) {
      const a = Math.min(DOTS, Math.max(0, level(2 * column) - base));
      const b = Math.min(DOTS, Math.max(0, level(2 * column + 1) - base));
      const dots = (LEFT[a] ?? 0) | (RIGHT[b] ?? 0);
      text += dots === 0 ? ' ' : String.fromCharCode(BRAILLE | dots);
    }
    return text;
  });
}

function asciiRows(
  values: readonly number[],
  columns: number,
  rows: number,
  top: number,
): string[] {
  const shown = values.slice(-columns);
  const pad = columns - shown.length;
  return Array.from({ length: rows }, (_, row) => {
    const base = rows - 1 - row;
    let text = ' '.repeat(pad);
    for (const value of shown) {
      const level = (value / top) * rows - base;
      text += level >= 0.75 ? '#' : level >= 0.25 ? '.' : ' ';
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

/** At most six characters. */
export function shortNumber(value: number): string {
  for (const [limit, factor, unit] of [
    [1e4, 1, ''],
    [1e7, 1e3, 'k'],
    [1e10, 1e6, 'M'],
  ] as const) {
    if (Math.abs(value) >= limit) continue;
    const scaled = value / factor;
    if (scaled === 0) return '0';
    return `${scaled >= 100 || unit === '' ? trim(scaled) : scaled.toFixed(1)}${unit}`;
  }
  return `${(value / 1e9).toFixed(1)}G`;
}

function trim(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return String(Number(value.toFixed(value >= 10 ? 1 : 2)));
}
