import {
  above,
  failedPerSecond,
  ioStats,
  latency,
  latencyPerCommand,
  queueStats,
} from './kit/fields.js';
import { defineView } from './kit/view.js';

const CONTROLLERS = 'ABCDEFGH';

export const port = defineView({
  name: 'port',
  key: 'C',
  title: 'Controllers',
  tab: 'Port',
  summary: "the arrays' target ports and the NFS servers",
  scope: 'port',
  charts: ['CMDS/s', 'LAT/cmd', 'ACTV', 'QUED'],
  fields: [
    {
      id: 'PORT',
      width: 16,
      weight: 0,
      format: 'text',
      help: 'target port or NFS server',
      value: (row) => row.name,
      grow: true,
    },
    {
      id: 'ARRAY',
      width: 10,
      weight: 3,
      format: 'text',
      help: 'array',
      value: (row) => row.label('array'),
    },
    {
      id: 'CTRL',
      width: 4,
      weight: 2,
      format: 'text',
      help: 'controller',
      value: (row) =>
        CONTROLLERS[Number(row.label('controller') || Number.NaN)] ?? row.label('controller'),
    },
    {
      id: 'STATE',
      width: 5,
      weight: 1,
      format: 'text',
      help: 'up or down',
      value: (row) => {
        const up = row.now('up');
        return Number.isNaN(up) ? '' : up > 0 ? 'up' : 'DOWN';
      },
      level: (value) => (value === 'DOWN' ? 2 : 0),
    },
    {
      id: 'PQLEN',
      width: 5,
      weight: 3,
      format: 'count',
      help: 'commands the port takes at once',
      value: (row) => row.now('slots'),
    },
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
