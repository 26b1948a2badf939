import {
  aborts,
  above,
  COMMANDS,
  DAVG_LIMITS,
  DEVICE_NS,
  failedPerSecond,
  GAVG_LIMITS,
  host,
  ioStats,
  KAVG_LIMITS,
  labelled,
  latency,
  latencyPerCommand,
  limitedDepth,
  QAVG_LIMITS,
  QUEUE_NS,
  queueStats,
  sumsPerCommand,
  TOTAL_NS,
} from './kit/fields.js';
import { lastError } from './kit/lower-fields.js';
import { perCommandMs, type Row } from './kit/row.js';
import { defineView, type Field } from './kit/view.js';

const STATES = ['on', 'APD', 'APD-TO', 'PDL', 'off', 'GONE'];

function count(id: string, width: number, weight: number, field: string, help: string): Field {
  return { id, width, weight, format: 'count', help, value: (row) => row.now(field) };
}

/** VAAI counts are totals since the start, as in esxtop. */
function vaai(id: string, field: string, help: string): Field {
  return count(id, 8, 9, field, help);
}

/** The path of a device that had the last error. */
function latestOfPaths(row: Row): Row | undefined {
  if (row.info.scope !== 'device') return undefined;
  let latest: Row | undefined;
  for (const path of row.children('path')) {
    if (path.now('lastErrorAt') > (latest?.now('lastErrorAt') ?? 0)) latest = path;
  }
  return latest;
}

function kernelMs(
  row: Row,
  total: readonly string[],
  below: readonly string[],
  n: string[],
): number {
  return perCommandMs(row.sum(total) - row.sum(below), row.sum(n));
}

export const device = defineView({
  name: 'device',
  key: 'u',
  title: 'Devices',
  tab: 'Device',
  summary: 'logical devices and NFS volumes of each host',
  scope: 'device',
  expand: 'world',
  charts: ['CMDS/s', 'GAVG/cmd', 'QUED', 'DAVG/cmd'],
  fields: [
    {
      id: 'DEVICE',
      width: 16,
      weight: 0,
      format: 'text',
      help: 'device, or {NFS}volume; when expanded, the worlds on it',
      value: (row) => (row.info.scope === 'world' ? row.label('vm') : row.name),
      grow: true,
    },
    host,
    labelled('LUN', 10, 3, 'lun', 'name of the LUN in its array'),
    {
      id: 'STATE',
      width: 6,
      weight: 1,
      format: 'text',
      help: 'on, off, all paths down (APD, APD-TO after the time-out), lost for good (PDL), then GONE',
      value: (row) => STATES[row.now('state')] ?? '',
      level: (value) => (value === 'on' || value === 'off' || value === '' ? 0 : 2),
    },
    {
      id: 'NPH',
      width: 3,
      weight: 8,
      format: 'count',
      help: 'number of paths',
      value: (row) => (row.info.scope === 'device' ? row.children('path').length : Number.NaN),
    },
    {
      id: 'NWD',
      width: 3,
      weight: 8,
      format: 'count',
      help: 'number of worlds',
      value: (row) => (row.info.scope === 'device' ? row.children('world').length : Number.NaN),
    },
    {
      id: 'DQLEN',
      width: 5,
      weight: 2,
      format: 'count',
      help: 'device queue depth in force; - is unlimited',
      value: (row) => limitedDepth(row.now('slots')),
    },
    ...queueStats,
    ...ioStats,
    latency('DAVG/cmd', 2, 'ms per command in driver, fabric and array', DAVG_LIMITS, (row) =>
      sumsPerCommand(row, DEVICE_NS),
    ),
    latency('KAVG/cmd', 2, 'ms per command in the VMkernel', KAVG_LIMITS, (row) =>
      kernelMs(row, TOTAL_NS, DEVICE_NS, COMMANDS),
    ),
    latency('GAVG/cmd', 0, 'ms per command: DAVG + KAVG', GAVG_LIMITS, latencyPerCommand),
    latency('QAVG/cmd', 4, 'ms per command waiting in VMkernel queues', QAVG_LIMITS, (row) =>
      sumsPerCommand(row, QUEUE_NS),
    ),
    latency('GAVG/rd', 8, 'ms per read', GAVG_LIMITS, (row) => row.meanMs(['readNs'], ['reads'])),
    latency('GAVG/wr', 8, 'ms per write', GAVG_LIMITS, (row) =>
      row.meanMs(['writeNs'], ['writes']),
    ),
    latency('p99', 8, 'ms below which 99 of 100 commands ended', [50, 100], (row) =>
      row.quantileMs(0.99),
    ),
    failedPerSecond,
    ...aborts,
    count('RETRIES', 7, 6, 'retries', 'commands sent again, since the start'),
    lastError(5, latestOfPaths),
    count('FAILOVR', 7, 7, 'failovers', 'times I/O moved to other paths, since the start'),
    count('ACTIVTN', 7, 8, 'activations', 'times the array was asked to activate a path'),
    {
      id: 'CONS/s',
      width: 6,
      weight: 8,
      format: 'fixed',
      help: 'reservation conflicts per second',
      value: (row) => row.rate('conflicts'),
      level: above(0.001, 20),
    },
    vaai('ATS', 'ats', 'atomic test and set, since the start'),
    vaai('ATSF', 'atsFailed', 'atomic test and set that failed'),
    vaai('CLONE_WR', 'clones', 'offloaded copies'),
    vaai('CLONE_F', 'cloneFailed', 'offloaded copies that failed'),
    vaai('ZERO', 'zeros', 'offloaded zeroing (WRITE SAME)'),
    vaai('ZERO_F', 'zeroFailed', 'offloaded zeroing that failed'),
    vaai('DELETE', 'deletes', 'blocks given back (UNMAP)'),
    vaai('DELETE_F', 'deleteFailed', 'UNMAP that failed'),
  ],
});
