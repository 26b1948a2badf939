import {
  above,
  failedPerSecond,
  gauge,
  ioStats,
  labelled,
  latency,
  latencyPerCommand,
  named,
  queueStats,
  upOrDown,
} from './kit/fields.js';
import { controllerName } from './kit/format.js';
import { defineView } from './kit/view.js';

export const port = defineView({
  name: 'port',
  key: 'C',
  title: 'Controllers',
  tab: 'Port',
  summary: "the arrays' target ports and the NFS servers",
  scope: 'port',
  charts: ['CMDS/s', 'LAT/cmd', 'ACTV', 'QUED'],
  fields: [
    named('PORT', 16, 'target port or NFS server'),
    labelled('ARRAY', 10, 3, 'array', 'array'),
    {
      id: 'CTRL',
      width: 4,
      weight: 2,
      format: 'text',
      help: 'controller',
      value: (row) => controllerName(Number(row.label('controller') || Number.NaN)),
    },
    upOrDown('STATE', 5, 1, 'up', 'up or down'),
    gauge('PQLEN', 5, 3, 'count', 'slots', 'commands the port takes at once'),
    ...queueStats,
    ...ioStats,
    latency('LAT/cmd', 0, 'ms per command inside the array', [20, 25], latencyPerCommand),
    {
      id: 'QFULL/s',
      width: 7,
      weight: 4,
      format: 'fixed',
      help: 'commands per second refused with TASK SET FULL',
      value: (row) => row.rate('queueFull'),
      level: above(0.001, 10),
    },
    failedPerSecond,
  ],
});
