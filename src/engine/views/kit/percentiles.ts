/** What a mean hides: columns from the latency histograms of devices, virtual disks and machines. */
import { GAVG_LIMITS, latency } from './fields.js';
import type { Row } from './row.js';
import type { Field } from './view.js';

/** Limits of the mean for what most commands take; higher ones for the few slowest (model). */
const PARTS = [
  ['p50', 0.5, 8, GAVG_LIMITS, 'ms below which half of the commands ended'],
  ['p95', 0.95, 6, GAVG_LIMITS, 'ms below which 95 of 100 commands ended'],
  ['p99', 0.99, 5, [50, 100], 'ms below which 99 of 100 commands ended'],
  ['max', 1, 7, [100, 1000], 'ms of the slowest command; at most 6 % too high'],
] as const;

/**
 * `LAT/p50` to `LAT/max` of the window; `-` without a histogram, 0.00 when no command ended.
 * @param of the row whose commands they are of; default the row itself
 */
export function percentiles(name: string, of: (row: Row) => Row = (row) => row): Field[] {
  return PARTS.map(([part, fraction, weight, limits, help]) =>
    latency(`${name}/${part}`, weight, help, limits, (row) => of(row).quantileMs(fraction)),
  );
}

export function percentileIds(name: string): string[] {
  return PARTS.map(([part]) => `${name}/${part}`);
}
