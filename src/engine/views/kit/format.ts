import { BLOCK_BYTES } from '../../core/io.js';
import { formatDuration } from '../../core/units.js';

/**
 * How a cell's value is written; numbers that do not apply (NaN) are `-` in every format. `duration` and
 * `until` are ns; the latter is the time until something happens, and `now` when it has.
 */
export type Format = 'text' | 'count' | 'fixed' | 'blocks' | 'percent' | 'duration' | 'until';

export type Cell = string | number;

export const NOT_APPLICABLE = '-';

/** A cell as text, at most `width` wide where a shorter form of the number exists. */
export function formatCell(format: Format, value: Cell, width: number): string {
  if (typeof value === 'string') return value === '' ? NOT_APPLICABLE : value;
  if (!Number.isFinite(value)) return NOT_APPLICABLE;
  switch (format) {
    case 'blocks':
      return columnSize(value * BLOCK_BYTES);
    case 'duration':
      return formatSpan(value);
    case 'until':
      return value > 0 ? formatSpan(value) : 'now';
    case 'fixed':
      return fitNumber(value, 2, width);
    case 'percent':
      // As esxtop does: 3 of 128 active is 2 %, not 2.34 rounded up.
      return fitNumber(Math.floor(value), 0, width);
    default:
      return fitNumber(value, 0, width);
  }
}

/** Three digits and their unit, with as many decimals in every row of the same magnitude. */
function columnSize(bytes: number): string {
  let value = bytes;
  let unit = 'B';
  for (const next of ['KB', 'MB', 'GB', 'TB', 'PB']) {
    // Below 1000, not 1024: a fourth digit would not stand under the others.
    if (value < 999.95) break;
    value /= 1024;
    unit = next;
  }
  return `${unit === 'B' ? value : value.toFixed(value < 9.995 ? 2 : 1)} ${unit}`;
}

/** Nothing needs no small unit. */
const NO_TIME = '0 s';

/** Longer units for times that are mostly long, with the number kept below a thousand. */
const SPANS = [
  [2 * 86400e9, 86400e9, 'd'],
  [2 * 3600e9, 3600e9, 'h'],
  [600e9, 60e9, 'min'],
] as const;

function formatSpan(ns: number): string {
  const span = SPANS.find(([from]) => ns >= from);
  // Three digits, as of sizes: the rest of them only flickers.
  if (span === undefined) return ns === 0 ? NO_TIME : formatDuration(Number(ns.toPrecision(3)));
  const [, unit, name] = span;
  return `${Number((ns / unit).toFixed(1))} ${name}`;
}

/** Array controllers are letters to people, numbers from 0 to the engine. */
export function controllerName(number: number): string {
  return Number.isNaN(number) ? '' : String.fromCharCode(65 + number);
}

const STEPS = ['', 'k', 'M', 'G', 'T'];

/** Drops decimals, then counts in thousands, until the number fits. */
function fitNumber(value: number, decimals: number, width: number): string {
  for (let digits = decimals; digits >= 0; digits--) {
    const text = noNegativeZero(value.toFixed(digits));
    if (text.length <= width) return text;
  }
  let scaled = value;
  for (const step of STEPS) {
    const text = `${scaled.toFixed(0)}${step}`;
    if (text.length <= width) return text;
    scaled /= 1000;
  }
  return '*'.repeat(width);
}

/** Differences of sums can come out as -0.00. */
function noNegativeZero(text: string): string {
  return text.startsWith('-') && Number(text) === 0 ? text.slice(1) : text;
}
