/** Latencies as esxtop's batch file has them: per command, per read and per write. */
import { perCommandMs, type Row } from '../kit/row.js';

/** Commands of one kind and the sums of their times. */
export interface Kind {
  /** As in the counter's name: `Average Driver MilliSec/Read`. */
  readonly word: 'Command' | 'Read' | 'Write';
  /** As in the column's title: `DAVG/rd`. */
  readonly column: 'cmd' | 'rd' | 'wr';
  readonly count: readonly string[];
  readonly total: readonly string[];
  readonly device: readonly string[];
  readonly queue: readonly string[];
}

const kind = (word: Kind['word'], column: Kind['column'], parts: readonly string[]): Kind => ({
  word,
  column,
  count: parts.map((part) => `${part.toLowerCase()}s`),
  total: parts.map((part) => `${part.toLowerCase()}Ns`),
  device: parts.map((part) => `device${part}Ns`),
  queue: parts.map((part) => `queue${part}Ns`),
});

export const KINDS: readonly Kind[] = [
  kind('Command', 'cmd', ['Read', 'Write', 'Other']),
  kind('Read', 'rd', ['Read']),
  kind('Write', 'wr', ['Write']),
];

/** Mean of some of a row's times over its commands of a kind, ms; 0 when there was none. */
export function meanOf(row: Row, of: Kind, times: 'total' | 'device' | 'queue'): number {
  return perCommandMs(row.sum(of[times]), row.sum(of.count));
}

/**
 * Below an adapter's queue. What waited there is known for all commands together, so reads and writes
 * are taken to have waited alike. Of a path: all that is below multipathing.
 */
export function belowAdapter(row: Row, of: Kind): number {
  const [all] = KINDS as [Kind];
  const waited = row.info.scope === 'adapter' ? row.grown('waitNs') : 0;
  if (row.sum(of.count) === 0) return 0;
  return Math.max(0, meanOf(row, of, 'total') - perCommandMs(waited, row.sum(all.count)));
}

/**
 * A figure of devices as an adapter or path has it: the mean over its paths' devices, weighted by the
 * commands each path carried.
 */
export function ofDevices(row: Row, of: Kind, figure: (device: Row) => number): number {
  const paths = row.info.scope === 'path' ? [row] : row.children('path');
  let commands = 0;
  let total = 0;
  for (const path of paths) {
    const count = path.sum(of.count);
    const device = count > 0 ? path.parent('device') : undefined;
    if (device === undefined) continue;
    commands += count;
    total += count * figure(device);
  }
  return commands > 0 ? total / commands : 0;
}

/** In the VMkernel, as the device counts it. */
export function inKernel(device: Row, of: Kind): number {
  return Math.max(
    0,
    perCommandMs(device.sum(of.total) - device.sum(of.device), device.sum(of.count)),
  );
}
