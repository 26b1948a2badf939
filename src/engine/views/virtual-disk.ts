import { IO_STATS, shownGroup, spareGroup } from './kit/field-groups.js';
import {
  aborts,
  failedPerSecond,
  GAVG_LIMITS,
  host,
  ioStats,
  labelled,
  latency,
  latencyPerCommand,
  queueStats,
} from './kit/fields.js';
import { percentileIds, percentiles } from './kit/percentiles.js';
import type { Row } from './kit/row.js';
import { defineView } from './kit/view.js';

/** The part of `web1:scsi0:0` after the machine's name. */
function deviceName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** Its disks are rolled up into one row. */
function isMachine(row: Row): boolean {
  return row.info.scope === 'vm';
}

export const virtualDisk = defineView({
  name: 'virtual-disk',
  key: 'v',
  title: 'Virtual disks',
  tab: 'VDisk',
  summary: 'what each guest sees, measured at its virtual SCSI adapter',
  scope: 'disk',
  rollUp: 'vm',
  charts: ['CMDS/s', 'LAT/cmd', 'ACTV', 'MBREAD/s'],
  fieldGroups: [
    shownGroup('C', 'VMNAME = VM Name', ['VMNAME']),
    shownGroup('D', 'VSCSINAME = Virtual Disk Name', ['VDEVNAME']),
    spareGroup('E', 'NUM = Num of Virtual Disks', ['NVDISK']),
    shownGroup('F', 'IOSTATS = I/O Stats', IO_STATS),
    shownGroup('G', 'LATSTATS/rd = Read Latency Stats (ms)', ['LAT/rd']),
    shownGroup('H', 'LATSTATS/wr = Write Latency Stats (ms)', ['LAT/wr']),
    // esxtop has groups I to L of later releases under names nobody has published.
    shownGroup('M', 'LATSTATS/cmd = Overall Latency Stats (ms)', ['LAT/cmd']),
    spareGroup('N', 'PCTSTATS/cmd = Latency Percentiles (ms)', percentileIds('LAT')),
    shownGroup('O', 'QSTATS = Queue Stats', ['ACTV', 'QUED']),
    shownGroup('P', 'HOST = Host and Datastore', ['HOST', 'DATASTORE']),
    spareGroup('Q', 'ERRSTATS/s = Error Stats', ['FCMDS/s', 'ABRTS/s', 'RESETS/s']),
  ],
  fields: [
    {
      id: 'VMNAME',
      width: 12,
      weight: 0,
      format: 'text',
      help: 'virtual machine',
      value: (row) => row.label('vm') || row.name,
      grow: true,
    },
    {
      id: 'VDEVNAME',
      width: 9,
      weight: 0,
      format: 'text',
      help: 'virtual disk',
      value: (row) => (isMachine(row) ? '' : deviceName(row.name)),
      stays: true,
    },
    host,
    {
      id: 'NVDISK',
      width: 6,
      weight: 8,
      format: 'count',
      help: 'number of virtual disks, of a machine that is rolled up',
      value: (row) => (isMachine(row) ? row.children('disk').length : Number.NaN),
    },
    labelled('DATASTORE', 12, 8, 'datastore', 'datastore the disk lies on'),
    ...queueStats.slice(0, 2),
    ...ioStats,
    latency('LAT/cmd', 0, 'ms per command, guest to guest', GAVG_LIMITS, latencyPerCommand),
    latency('LAT/rd', 3, 'ms per read', GAVG_LIMITS, (row) => row.meanMs(['readNs'], ['reads'])),
    latency('LAT/wr', 3, 'ms per write', GAVG_LIMITS, (row) => row.meanMs(['writeNs'], ['writes'])),
    ...percentiles('LAT'),
    failedPerSecond,
    ...aborts,
  ],
});
