import type { Params } from '../engine/core/params.js';
import type { Comparison } from '../engine/devices/fit/compare.js';
import type { Basis, Fit } from '../engine/devices/fit/fit-drive.js';
import { formatTable, groupDigits } from './table.js';

export interface FitReport {
  /** The recording, its requests, and how many of them, from the first, were fitted to. */
  readonly file: string;
  readonly count: number;
  readonly fitted: number;
  readonly figures: readonly { readonly name: string; readonly comparison: Comparison }[];
  readonly params: Params;
  readonly fit: Fit;
  /** A setting as text. */
  readonly value: (name: string) => string;
}

/** How well a model fits a recording, and with which settings. */
export function describeFit(report: FitReport): string {
  const { file, count, fitted, figures, fit, params, value } = report;
  const rest = fitted < count ? ', checked on the rest' : ', nothing left to check on';
  const head =
    `${file}: ${groupDigits(count)} requests, fitted to the first ${groupDigits(fitted)}${rest}; ` +
    `${groupDigits(fit.tried)} disks tried`;
  const quality = formatTable(figures, [
    { title: 'part', align: 'left', text: ({ name }) => name },
    { title: 'requests', text: ({ comparison }) => groupDigits(comparison.requests) },
    { title: 'mean ms', text: ({ comparison }) => ms(comparison.measuredMeanNs) },
    { title: 'model ms', text: ({ comparison }) => ms(comparison.modelMeanNs) },
    {
      title: 'off by',
      text: ({ comparison: c }) => percent(c.modelMeanNs / c.measuredMeanNs - 1, true),
    },
    { title: 'demerit ms', text: ({ comparison }) => ms(comparison.demeritNs) },
    {
      title: 'of mean',
      text: ({ comparison: c }) => percent(c.demeritNs / c.measuredMeanNs, false),
    },
  ]);
  const settings = formatTable(Object.keys(params), [
    { title: 'setting', align: 'left', text: (name) => name },
    { title: 'value', text: value },
    { title: 'source', align: 'left', text: (name) => BASIS[fit.basis[name] ?? 'guess'] },
  ]);
  const poor = figures.some(({ comparison }) => isPoor(comparison)) ? [POOR] : [];
  return [head, quality, DEMERIT, ...poor, settings].join('\n\n');
}

/** The figures of one part of a recording in a line. */
export function describeFigures(name: string, comparison: Comparison): string {
  const { requests, measuredMeanNs, modelMeanNs, demeritNs } = comparison;
  return (
    `${name} on ${groupDigits(requests)} requests: mean ${ms(modelMeanNs)} ms, measured ` +
    `${ms(measuredMeanNs)} ms; demerit ${ms(demeritNs)} ms, ` +
    `${percent(demeritNs / measuredMeanNs, false)} of the mean`
  );
}

/** The model is another disk: its mean or its distribution is too far off (issue 6 sets the bar). */
function isPoor({ measuredMeanNs, modelMeanNs, demeritNs }: Comparison): boolean {
  const off = Math.abs(modelMeanNs / measuredMeanNs - 1);
  return off > MEAN_MAX || demeritNs / measuredMeanNs > DEMERIT_MAX;
}

const ms = (ns: number): string => (ns / 1e6).toFixed(3);
const percent = (part: number, signed: boolean): string =>
  `${signed && part >= 0 ? '+' : ''}${(part * 100).toFixed(2)}%`;

const BASIS: Readonly<Record<Basis, string>> = {
  given: 'given with --set',
  told: 'estimated',
  guess: 'guess: the recording says little about it',
};

const MEAN_MAX = 0.05;
const DEMERIT_MAX = 0.1;

const POOR =
  'poor fit: a mean is off by more than 5%, or a demerit is above 10% of it. The recording has to be of one\n' +
  'request at a time to one spinning disk, in the order it was made, with times in microseconds';

const DEMERIT =
  'demerit: root mean square distance of the two distributions of service times, side by side';
