import {
  above,
  ioStats,
  labelled,
  latency,
  latencyPerCommand,
  named,
  queueStats,
} from './kit/fields.js';
import { defineView } from './kit/view.js';

const NS_PER_S = 1e9;

export const spindle = defineView({
  name: 'spindle',
  key: 'S',
  title: 'Disks',
  tab: 'Disk',
  summary: "the disks inside the arrays' pools, destaging included",
  scope: 'spindle',
  charts: ['CMDS/s', 'LAT/cmd', '%BUSY', 'QUED'],
  fields: [
    named('DISK', 16, 'disk'),
    labelled('POOL', 10, 3, 'pool', 'pool'),
    labelled('MODEL', 10, 4, 'model', 'device model'),
    {
      id: 'STATE',
      width: 7,
      weight: 5,
      format: 'text',
      help: 'failed, or being rebuilt from the other disks of its group',
      value: (row) => ['', 'failed', 'rebuild'][row.now('state')] ?? '',
      level: (_value, row) => (row.now('state') > 0 ? 2 : 0),
    },
    ...queueStats.slice(0, 2),
    {
      id: '%BUSY',
      width: 5,
      weight: 1,
      format: 'percent',
      help: 'time its channels worked, per hundred',
      value: (row) => {
        const capacity = row.now('slots') * row.seconds * NS_PER_S;
        return capacity > 0 ? Math.min(100, (100 * row.grown('activeNs')) / capacity) : 0;
      },
      level: above(75, 95),
    },
    ...ioStats,
    latency('LAT/cmd', 0, 'ms per command, waiting included', [20, 50], latencyPerCommand),
    latency('WAIT/cmd', 3, 'ms per command waiting for the disk', [5, 20], (row) =>
      row.meanMs(['waitNs'], ['finished']),
    ),
  ],
});
