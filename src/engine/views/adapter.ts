import { IO_STATS, shownGroup, spareGroup } from './kit/field-groups.js';
import {
  aborts,
  COMMANDS,
  DAVG_LIMITS,
  DEVICE_NS,
  failedPerSecond,
  GAVG_LIMITS,
  gauge,
  host,
  ioStats,
  KAVG_LIMITS,
  labelled,
  latency,
  latencyPerCommand,
  named,
  QAVG_LIMITS,
  QUEUE_NS,
  queueStats,
  TOTAL_NS,
  upOrDown,
} from './kit/fields.js';
import { errorCount, issued, merging, perSecond, splits } from './kit/lower-fields.js';
import { perCommandMs, type Row } from './kit/row.js';
import { defineView, type Field } from './kit/view.js';

/** DAVG of an adapter is its own: time below its queue. Of a path, all it sees below NMP. */
function deviceMs(row: Row): number {
  const commands = row.sum(COMMANDS);
  const waited = row.info.scope === 'adapter' ? row.grown('waitNs') : 0;
  return Math.max(0, perCommandMs(row.sum(TOTAL_NS) - waited, commands));
}

/**
 * Time above an adapter is known per device, not per adapter: the mean over the adapter's paths of
 * their devices' figure, weighted by each path's commands.
 */
function overPaths(row: Row, figure: (device: Row) => number): number {
  const paths = row.info.scope === 'path' ? [row] : row.children('path');
  let commands = 0;
  let total = 0;
  for (const path of paths) {
    const count = path.sum(COMMANDS);
    if (!(count > 0)) continue;
    const device = path.parent('device');
    if (device === undefined) continue;
    commands += count;
    total += count * figure(device);
  }
  if (commands > 0) return total / commands;
  // Without commands it is zero, but not where nobody could know it.
  const known = paths.every((path) => !Number.isNaN(figure(path.parent('device') ?? path)));
  return known ? 0 : Number.NaN;
}

/** Where all adapters keep to the order of arrival, that need not be said. */
const manyOrders: NonNullable<Field['shown']> = (entities) =>
  entities.scope('adapter').some(({ labels }) => (labels.order ?? 'none') !== 'none');

function kernelMs(row: Row): number {
  return overPaths(row, (device) =>
    Math.max(0, perCommandMs(device.sum(TOTAL_NS) - device.sum(DEVICE_NS), device.sum(COMMANDS))),
  );
}

function queueMs(row: Row): number {
  return overPaths(row, (device) => perCommandMs(device.sum(QUEUE_NS), device.sum(COMMANDS)));
}

/** Where the parts are not known, as of a real machine's disks, the whole is. */
function guestMs(row: Row): number {
  const parts = deviceMs(row) + kernelMs(row);
  return Number.isNaN(parts) ? latencyPerCommand(row) : parts;
}

export const adapter = defineView({
  name: 'adapter',
  key: 'd',
  title: 'Adapters',
  tab: 'Adapter',
  summary: 'adapter queues: one row per vmhba',
  scope: 'adapter',
  expand: 'path',
  charts: ['CMDS/s', 'GAVG/cmd', 'QUED', 'DAVG/cmd'],
  fieldGroups: [
    shownGroup('A', 'ADAPTR = Adapter Name', ['ADAPTR']),
    shownGroup('C', 'NPATHS = Num Paths', ['NPTH']),
    // esxtop has only AQLEN left there, and off; how full a queue is, is what this screen is for.
    shownGroup('D', 'QSTATS = Queue Stats', ['AQLEN', 'ACTV', 'QUED', '%USD', 'LOAD']),
    shownGroup('E', 'IOSTATS = I/O Stats', IO_STATS),
    shownGroup('G', 'LATSTATS/cmd = Overall Latency Stats (ms)', [
      'DAVG/cmd',
      'KAVG/cmd',
      'GAVG/cmd',
      'QAVG/cmd',
    ]),
    spareGroup('J', 'ERRSTATS/s = Error Stats', ['FCMDS/s', 'ABRTS/s', 'RESETS/s', 'ERRORS']),
    spareGroup('L', 'SPLTSTATS/s = SPLIT Stats', ['SPLTCMD/s']),
    shownGroup('M', 'HOST = Host and Driver', ['HOST', 'LINK', 'ORDER', 'DRIVER']),
    spareGroup('N', 'DRVSTATS = Driver Stats', [
      'MRGFR/s',
      'MRGBK/s',
      'ISSUED/s',
      'BLOCKED/s',
      'RESTARTS',
    ]),
  ],
  fields: [
    named('ADAPTR', 20, 'adapter; when expanded, its paths'),
    host,
    upOrDown('LINK', 4, 3, 'linkUp', 'link to the fabric: up or down'),
    {
      ...labelled('ORDER', 8, 2, 'order', 'order of waiting commands; none: as they came'),
      shown: manyOrders,
    },
    labelled('DRIVER', 11, 7, 'driver', 'driver module'),
    {
      id: 'NPTH',
      width: 4,
      weight: 8,
      format: 'count',
      help: 'number of paths',
      value: (row) => (row.info.scope === 'adapter' ? row.children('path').length : Number.NaN),
    },
    gauge(
      'AQLEN',
      5,
      2,
      'count',
      'slots',
      'adapter queue depth: commands the driver takes at once',
    ),
    ...queueStats,
    ...ioStats,
    latency('DAVG/cmd', 2, 'ms per command below the adapter queue', DAVG_LIMITS, deviceMs),
    latency('KAVG/cmd', 3, 'ms per command in the VMkernel', KAVG_LIMITS, kernelMs),
    latency(
      'GAVG/cmd',
      0,
      'ms per command as the guest sees it: DAVG + KAVG',
      GAVG_LIMITS,
      guestMs,
    ),
    latency('QAVG/cmd', 4, 'ms per command waiting in VMkernel queues', QAVG_LIMITS, queueMs),
    failedPerSecond,
    ...aborts,
    errorCount(2),
    ...merging,
    splits,
    issued,
    perSecond('BLOCKED/s', 9, 9, 'blocked', 'commands per second the driver turned away'),
    {
      id: 'RESTARTS',
      width: 8,
      weight: 9,
      format: 'count',
      help: 'stalled queues set going again, since the start',
      value: (row) => row.now('restarts'),
    },
  ],
});
