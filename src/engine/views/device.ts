import { BLOCK_BYTES } from '../core/io.js';
import { deviceLatency, latencyIds } from './kit/device-latency.js';
import { IO_STATS, shownGroup, spareGroup } from './kit/field-groups.js';
import {
  aborts,
  above,
  failedPerSecond,
  host,
  ioStats,
  labelled,
  limitedDepth,
  queueStats,
} from './kit/fields.js';
import { lastError } from './kit/lower-fields.js';
import { pathState, pathStateLevel } from './kit/path-state.js';
import { percentileIds, percentiles } from './kit/percentiles.js';
import { perCommandMs, type Row } from './kit/row.js';
import { defineView, type Field } from './kit/view.js';

const STATES = ['on', 'APD', 'APD-TO', 'PDL', 'off', 'GONE'];

function perSecond(id: string, width: number, field: string, help: string): Field {
  return { id, width, weight: 8, format: 'fixed', help, value: (row) => row.rate(field) };
}

function count(id: string, width: number, weight: number, field: string, help: string): Field {
  return { id, width, weight, format: 'count', help, value: (row) => row.now(field) };
}

/** VAAI counts are totals since the start, as in esxtop. */
function vaai(id: string, field: string, help: string): Field {
  return count(id, 8, 9, field, help);
}

/** What VAAI commands move is a rate, as in esxtop. */
function moved(id: string, field: string, help: string): Field {
  const value: Field['value'] = (row) => (row.rate(field) * 512) / (1024 * 1024);
  return { id, width: 8, weight: 9, format: 'fixed', help, value };
}

/** Mean latency of the VAAI commands that ended well. */
function average(id: string, ns: string, tries: string, failed: string, help: string): Field {
  const value: Field['value'] = (row) => perCommandMs(row.sum([ns]), good(row, tries, failed));
  return { id, width: 8, weight: 9, format: 'fixed', help, value };
}

function good(row: Row, tries: string, failed: string): number {
  return row.sum([tries]) - row.sum([failed]);
}

/** The path of a device that had the last error. */
function latestOfPaths(row: Row): Row | undefined {
  if (row.info.scope === 'path') return row;
  if (row.info.scope !== 'device') return undefined;
  let latest: Row | undefined;
  for (const path of row.children('path')) {
    if (path.now('lastErrorAt') > (latest?.now('lastErrorAt') ?? 0)) latest = path;
  }
  return latest;
}

/** A device's own size, which its LUN knows. */
function lunBlocks(row: Row): number {
  if (row.info.scope !== 'device') return Number.NaN;
  return row.parent('lun')?.now('sizeBlocks') ?? Number.NaN;
}

function nameOf(row: Row): string {
  return row.info.scope === 'world' ? row.label('vm') : row.name;
}

function stateOf(row: Row): string {
  if (row.info.scope !== 'path') return STATES[row.now('state')] ?? '';
  // The column is as wide as a device's states.
  const state = pathState(row);
  return state === 'active unopt' ? 'unopt' : state;
}

export const device = defineView({
  name: 'device',
  key: 'u',
  title: 'Devices',
  tab: 'Device',
  summary: 'logical devices and NFS volumes of each host',
  scope: 'device',
  expand: 'world',
  expandBy: [
    { key: 'P', scope: 'path' },
    { key: 't', scope: 'volume' },
  ],
  charts: ['CMDS/s', 'GAVG/cmd', 'QUED', 'DAVG/cmd'],
  fieldGroups: [
    shownGroup('A', 'DEVICE = Device Name', ['DEVICE']),
    spareGroup('C', 'NUM = Num of Objects', ['NPH', 'NWD']),
    spareGroup('D', 'SHARES = Shares', ['SHARES']),
    spareGroup('E', 'BLKSZ = Block Size (bytes)', ['BLKSZ', 'NUMBLKS']),
    shownGroup('F', 'QSTATS = Queue Stats', ['DQLEN', 'WQLEN', 'ACTV', 'QUED', '%USD', 'LOAD']),
    shownGroup('G', 'IOSTATS = I/O Stats', IO_STATS),
    spareGroup('H', 'RESVSTATS = Reserve Stats', ['RESV/s', 'CONS/s']),
    shownGroup('I', 'LATSTATS/cmd = Overall Latency Stats (ms)', latencyIds('cmd')),
    spareGroup('J', 'LATSTATS/rd = Read Latency Stats (ms)', latencyIds('rd')),
    spareGroup('K', 'LATSTATS/wr = Write Latency Stats (ms)', latencyIds('wr')),
    spareGroup('L', 'ERRSTATS/s = Error Stats', [
      'FCMDS/s',
      'FRESV/s',
      'ABRTS/s',
      'RESETS/s',
      'RETRIES',
    ]),
    spareGroup('O', 'VAAISTATS = VAAI Stats', [
      'CLONE_RD',
      'CLONE_WR',
      'CLONE_F',
      'MBC_RD/s',
      'MBC_WR/s',
      'ATS',
      'ATSF',
      'ZERO',
      'ZERO_F',
      'MBZERO/s',
      'DELETE',
      'DELETE_F',
      'MBDEL/s',
    ]),
    spareGroup('P', 'VAAILATSTATS/cmd = VAAI Latency Stats (ms)', [
      'CAVG/suc',
      'AAVG/suc',
      'ZAVG/suc',
    ]),
    spareGroup('Q', 'PCTSTATS/cmd = Latency Percentiles (ms)', percentileIds('GAVG')),
    shownGroup('R', 'STATE = Host, LUN and State', ['HOST', 'LUN', 'STATE']),
    spareGroup('S', 'PATHSTATS = Path Changes', ['LAST ERROR', 'FAILOVR', 'ACTIVTN']),
  ],
  fields: [
    {
      id: 'DEVICE',
      width: 16,
      weight: 0,
      format: 'text',
      help: 'device, or {NFS}volume; when expanded, its worlds, paths or partitions',
      value: nameOf,
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
      value: stateOf,
      grow: true,
      level: (value, row) => {
        if (row.info.scope === 'path') return pathStateLevel(value);
        return value === 'on' || value === 'off' || value === '' ? 0 : 2;
      },
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
      id: 'SHARES',
      width: 6,
      weight: 9,
      format: 'count',
      help: 'disk shares of a world, all its disks together',
      value: (row) => row.now('shares'),
    },
    {
      id: 'BLKSZ',
      width: 5,
      weight: 9,
      format: 'count',
      help: 'bytes per block',
      value: (row) => (Number.isNaN(lunBlocks(row)) ? Number.NaN : BLOCK_BYTES),
    },
    {
      id: 'NUMBLKS',
      width: 11,
      weight: 9,
      format: 'count',
      help: 'blocks of the device',
      value: lunBlocks,
    },
    {
      id: 'DQLEN',
      width: 5,
      weight: 2,
      format: 'count',
      help: 'device queue depth in force; - is unlimited',
      value: (row) => limitedDepth(row.now('slots')),
    },
    count('WQLEN', 5, 8, 'wqlen', 'queue depth of a world, in its expansion'),
    ...queueStats,
    ...ioStats,
    ...deviceLatency,
    ...percentiles('GAVG'),
    failedPerSecond,
    perSecond('FRESV/s', 7, 'reservesFailed', 'SCSI reservations per second that failed'),
    ...aborts,
    count('OPENS', 5, 8, 'opens', 'who has it open: mounted volumes, raw device maps of machines'),
    count('RETRIES', 7, 6, 'retries', 'commands sent again, since the start'),
    lastError(5, latestOfPaths),
    count('FAILOVR', 7, 7, 'failovers', 'times I/O moved to other paths, since the start'),
    count('ACTIVTN', 7, 8, 'activations', 'times the array was asked to activate a path'),
    perSecond('RESV/s', 6, 'reserves', 'SCSI reservations per second, for metadata without ATS'),
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
    vaai('CLONE_RD', 'clones', 'offloaded copies from here'),
    vaai('CLONE_WR', 'cloneWrites', 'offloaded copies to here'),
    vaai('CLONE_F', 'cloneFailed', 'offloaded copies that failed'),
    moved('MBC_RD/s', 'cloneReadBlocks', 'MB per second cloned from here by the array'),
    moved('MBC_WR/s', 'cloneWriteBlocks', 'MB per second cloned to here by the array'),
    vaai('ZERO', 'zeros', 'offloaded zeroing (WRITE SAME)'),
    vaai('ZERO_F', 'zeroFailed', 'offloaded zeroing that failed'),
    moved('MBZERO/s', 'zeroBlocks', 'MB per second zeroed by the array'),
    vaai('DELETE', 'deletes', 'blocks given back (UNMAP)'),
    vaai('DELETE_F', 'deleteFailed', 'UNMAP that failed'),
    moved('MBDEL/s', 'deleteBlocks', 'MB per second given back'),
    average('CAVG/suc', 'cloneNs', 'clones', 'cloneFailed', 'ms per offloaded copy'),
    average('AAVG/suc', 'atsNs', 'ats', 'atsFailed', 'ms per atomic test and set'),
    average('ZAVG/suc', 'zeroNs', 'zeros', 'zeroFailed', 'ms per offloaded zeroing'),
  ],
});
