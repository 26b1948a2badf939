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
import { defineView } from './kit/view.js';

/** The part of `web1:scsi0:0` after the machine's name. */
function deviceName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

export const virtualDisk = defineView({
  name: 'virtual-disk',
  key: 'v',
  title: 'Virtual disks',
  tab: 'VDisk',
  summary: 'what each guest sees, measured at its virtual SCSI adapter',
  scope: 'disk',
  charts: ['CMDS/s', 'LAT/cmd', 'ACTV', 'MBREAD/s'],
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
      value: (row) => deviceName(row.name),
      stays: true,
    },
    host,
    labelled('DATASTORE', 12, 8, 'datastore', 'datastore the disk lies on'),
    ...queueStats.slice(0, 2),
    ...ioStats,
    latency('LAT/cmd', 0, 'ms per command, guest to guest', GAVG_LIMITS, latencyPerCommand),
    latency('LAT/rd', 3, 'ms per read', GAVG_LIMITS, (row) => row.meanMs(['readNs'], ['reads'])),
    latency('LAT/wr', 3, 'ms per write', GAVG_LIMITS, (row) => row.meanMs(['writeNs'], ['writes'])),
    latency('LAT/p95', 5, 'ms below which 95 of 100 commands ended', GAVG_LIMITS, (row) =>
      row.quantileMs(0.95),
    ),
    latency('LAT/p99', 5, 'ms below which 99 of 100 commands ended', [50, 100], (row) =>
      row.quantileMs(0.99),
    ),
    failedPerSecond,
    ...aborts,
  ],
});
