import {
  COMMANDS,
  commandsPerSecond,
  gauge,
  host,
  ioStats,
  labelled,
  latency,
  latencyPerCommand,
  QAVG_LIMITS,
  queueStats,
} from './kit/fields.js';
import type { Row } from './kit/row.js';
import { defineView } from './kit/view.js';

/** A setting where 0 means none. */
function orNone(value: number): number {
  return value > 0 ? value : Number.NaN;
}

/** Share of the dispatches of the window that were made to keep a reservation, percent. */
function byReservation(row: Row): number {
  const reserved = row.grown('byReservation');
  const all = reserved + row.grown('byWeight');
  return all > 0 ? (100 * reserved) / all : 0;
}

export const qos = defineView({
  name: 'qos',
  key: 'Q',
  title: 'Logical QoS',
  tab: 'QoS',
  summary: 'shares, reservation and limit of each VM on each device, and what it got',
  scope: 'world',
  charts: ['CMDS/s', 'WAIT/cmd', 'LAT/cmd', 'QUED'],
  fields: [
    {
      id: 'VM',
      width: 12,
      weight: 0,
      format: 'text',
      help: 'virtual machine',
      value: (row) => row.label('vm') || row.name,
      grow: true,
    },
    host,
    {
      id: 'LUN',
      width: 8,
      weight: 1,
      format: 'text',
      help: 'name of the LUN in its array',
      value: (row) => row.parent('device')?.label('lun') ?? '',
      stays: true,
    },
    labelled('DEVICE', 16, 5, 'device', 'device whose queue is shared'),
    gauge(
      'SHARES',
      6,
      1,
      'count',
      'shares',
      'weight in the queue: low 500, normal 1000, high 2000',
    ),
    {
      id: 'RESERV',
      width: 7,
      weight: 1,
      format: 'count',
      help: 'I/Os per second kept free for it (in units of 32 KB); - is none',
      value: (row) => orNone(row.now('reservation')),
    },
    {
      id: 'LIMIT',
      width: 7,
      weight: 1,
      format: 'count',
      help: 'I/Os per second it may have (in units of 32 KB); - is unlimited',
      value: (row) => orNone(row.now('limit')),
    },
    {
      id: 'SHARE%',
      width: 6,
      weight: 2,
      format: 'percent',
      help: 'its part of all commands of the device',
      value: (row) => {
        const all = row.parent('device');
        const total = all === undefined ? 0 : commandsPerSecond(all);
        return total > 0 ? Math.min(100, (100 * commandsPerSecond(row)) / total) : 0;
      },
    },
    {
      id: 'RESV%',
      width: 5,
      weight: 6,
      format: 'percent',
      help: 'dispatches made to keep the reservation, per hundred',
      value: byReservation,
    },
    ...queueStats.slice(0, 2),
    ...ioStats,
    latency('WAIT/cmd', 2, 'ms per command waiting for its turn', QAVG_LIMITS, (row) =>
      row.meanMs(['waitNs'], COMMANDS),
    ),
    latency('LAT/cmd', 2, 'ms per command from queue to answer', [20, 25], latencyPerCommand),
  ],
});
