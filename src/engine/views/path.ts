import {
  above,
  DAVG_LIMITS,
  failedPerSecond,
  gauge,
  host,
  ioStats,
  latency,
  latencyPerCommand,
} from './kit/fields.js';
import { controllerName } from './kit/format.js';
import { errorCount, issued, lastError, merging, splits } from './kit/lower-fields.js';
import { pathState, pathStateLevel } from './kit/path-state.js';
import { defineView } from './kit/view.js';

export const path = defineView({
  name: 'path',
  key: 'P',
  title: 'Paths',
  tab: 'Path',
  summary: 'every path of every host, its state and its share of the I/O',
  scope: 'path',
  charts: ['CMDS/s', 'LAT/cmd', 'ACTV'],
  fields: [
    {
      id: 'PATH',
      width: 18,
      weight: 0,
      format: 'text',
      help: 'adapter, channel, target and LUN',
      value: (row) => row.name,
    },
    host,
    {
      id: 'STATE',
      width: 12,
      weight: 0,
      format: 'text',
      help: 'active, active unoptimized, standby, dead, off or unavailable; degraded: many errors',
      value: pathState,
      level: pathStateLevel,
    },
    {
      id: 'I/O',
      width: 3,
      weight: 1,
      format: 'text',
      help: 'yes when the path policy sends commands down this path now',
      value: (row) => (row.now('working') > 0 ? 'yes' : ''),
    },
    {
      id: 'DEVICE',
      width: 16,
      weight: 4,
      format: 'text',
      help: 'device the path leads to',
      value: (row) => row.label('device'),
      grow: true,
    },
    {
      id: 'TARGET',
      width: 14,
      weight: 5,
      format: 'text',
      help: 'array and port at the other end',
      value: (row) => {
        const [controller, port] = row.label('port').split(':');
        return `${row.label('array')}:${controllerName(Number(controller))}${port ?? ''}`;
      },
      grow: true,
    },
    gauge('ACTV', 5, 1, 'count', 'active', 'commands on this path'),
    {
      ...gauge('QUED', 5, 3, 'count', 'queued', 'of them, commands waiting in the adapter queue'),
      level: above(1, 20),
    },
    ...ioStats,
    latency(
      'LAT/cmd',
      1,
      'ms per command from path selection to answer',
      DAVG_LIMITS,
      latencyPerCommand,
    ),
    gauge('FAILS', 5, 1, 'count', 'failures', 'times the path has died since the start'),
    errorCount(2),
    lastError(6, (row) => row),
    gauge('RANK', 4, 6, 'count', 'rank', 'higher ranks are used first (fixed, MRU)'),
    failedPerSecond,
    ...merging,
    splits,
    issued,
  ],
});
