import { allocationOf, givenBy, partByReservation, partOfWindow } from './kit/allocation.js';
import {
  above,
  COMMANDS,
  gauge,
  ioStats,
  latency,
  latencyPerCommand,
  limitedDepth,
  QAVG_LIMITS,
} from './kit/fields.js';
import { formatCell } from './kit/format.js';
import type { Row } from './kit/row.js';
import { defineView, type Field } from './kit/view.js';

/** The disk of a client that all disks of a machine are together. */
const ALL_DISKS = '*';

/** A setting where 0 means none. */
function orNone(value: number): number {
  return value > 0 ? value : Number.NaN;
}

/** Its part of what the whole device gave, percent. */
function shareOfDevice(row: Row): number {
  const device = row.parent('device');
  const all = device === undefined ? 0 : givenBy(device);
  return all > 0 ? Math.min(100, (100 * row.rate('units')) / all) : 0;
}

/** Time in which only the limit held commands back, percent; of a machine the mean of its disks. */
function limited(row: Row): number {
  const disks = row.info.scope === 'world' ? row.children('client').length : 1;
  return (100 * partOfWindow(row, 'limitedNs')) / Math.max(1, disks);
}

/** Part of what it is entitled to below which a backlogged client gets too little (model). */
const SHORT = 0.9;

function isShort(row: Row): boolean {
  const found = allocationOf(row);
  return found?.wantsMore === true && found.given < SHORT * found.entitled;
}

/** `web1` for a machine, `scsi0:0` for a disk of it. */
function nameOf(row: Row): string {
  if (row.info.scope === 'world') return row.label('vm');
  const disk = row.label('disk');
  return disk === ALL_DISKS ? 'all disks' : disk;
}

/** Why the device takes no more commands at once than it does; empty where nothing lowers it. */
function whyDepth(device: Row): string {
  const depth = device.now('dqlen');
  if (!(depth < device.now('configuredDepth'))) return '';
  if (depth === device.now('siocDepth')) return ' (SIOC)';
  if (depth === device.now('fullDepth')) return ' (QUEUE FULL)';
  return device.now('competing') > 0 ? ' (VMs compete)' : '';
}

/** `lun0 on esx1: 4 VMs share 2750 units/s, queue depth 32 (VMs compete)`. */
function deviceTitle(row: Row): string {
  const device = row.parent('device');
  if (device === undefined) return row.label('device');
  const name = device.label('lun') || device.name;
  const machines = device.children('world').length;
  const rate = formatCell('count', givenBy(device), 9);
  const share = machines === 1 ? '1 VM gets' : `${machines} VMs share`;
  const depth = limitedDepth(device.now('dqlen'));
  const depthText = depth > 0 ? `, queue depth ${depth}${whyDepth(device)}` : '';
  return `${name} on ${row.label('host')}: ${share} ${rate} units/s${depthText}`;
}

const settings: readonly Field[] = [
  gauge('SHARES', 6, 2, 'count', 'shares', 'weight: low 500, normal 1000, high 2000'),
  {
    id: 'RESERV',
    width: 6,
    weight: 2,
    format: 'count',
    help: 'units per second kept free for it; - is none',
    value: (row) => orNone(row.now('reservation')),
  },
  {
    id: 'LIMIT',
    width: 6,
    weight: 2,
    format: 'count',
    help: 'units per second it may have; - is unlimited',
    value: (row) => orNone(row.now('limit')),
  },
];

const allocation: readonly Field[] = [
  {
    id: 'ASKED/s',
    width: 8,
    weight: 0,
    format: 'text',
    number: (row) => allocationOf(row)?.asked ?? Number.NaN,
    help: 'units of 32 KB that came; + wants more',
    value: (row) => {
      const found = allocationOf(row);
      if (found === undefined) return '';
      return `${formatCell('count', found.asked, 7)}${found.wantsMore ? '+' : ' '}`;
    },
  },
  {
    id: 'ENTITLED',
    width: 8,
    weight: 0,
    format: 'count',
    help: 'fair part of what the device gives now',
    value: (row) => allocationOf(row)?.entitled ?? Number.NaN,
  },
  {
    id: 'GIVEN/s',
    width: 7,
    weight: 0,
    format: 'count',
    help: 'units of 32 KB done; * well below ENTITLED',
    value: (row) => row.rate('units'),
    level: (_value, row) => (isShort(row) ? 1 : 0),
    against: 'ENTITLED',
  },
  {
    id: 'WHY',
    width: 8,
    weight: 0,
    format: 'text',
    help: 'what holds it; demand: nothing, it gets all',
    value: (row) => allocationOf(row)?.why ?? '',
  },
];

const phases: readonly Field[] = [
  {
    id: 'RESV%',
    width: 5,
    weight: 3,
    format: 'percent',
    help: 'dispatches to keep the reservation, percent',
    value: (row) => 100 * partByReservation(row),
  },
  {
    id: 'LIM%',
    width: 4,
    weight: 3,
    format: 'percent',
    help: 'time its limit held commands back, percent',
    value: limited,
  },
  {
    id: 'DEV%',
    width: 4,
    weight: 4,
    format: 'percent',
    help: 'its part of what the device gives, percent',
    value: shareOfDevice,
  },
];

export const qos = defineView({
  name: 'qos',
  key: 'Q',
  title: 'Logical QoS',
  tab: 'QoS',
  summary: 'what each VM on a device asks for, is entitled to and gets, and why',
  scope: 'world',
  expand: 'client',
  groups: {
    of: (row) => `${row.label('host')} ${row.label('device')}`,
    title: deviceTitle,
  },
  charts: ['GIVEN/s', 'LAT/cmd', 'WAIT/cmd', 'QUED'],
  fields: [
    {
      id: 'VM',
      width: 10,
      weight: 0,
      format: 'text',
      help: 'virtual machine; when expanded, its disks',
      value: nameOf,
      grow: true,
    },
    ...allocation,
    ...settings.map((field) => ({ ...field, group: 'settings' })),
    ...phases,
    {
      id: 'ACTV',
      width: 4,
      weight: 1,
      format: 'count',
      help: 'commands handed on and not yet completed',
      value: (row) => row.now('active'),
    },
    {
      id: 'QUED',
      width: 5,
      weight: 0,
      format: 'count',
      help: 'commands waiting for their turn',
      value: (row) => row.now('queued'),
      level: above(1, 20),
    },
    latency('WAIT/cmd', 1, 'ms per command waiting for its turn', QAVG_LIMITS, (row) =>
      row.meanMs(['waitNs'], COMMANDS),
    ),
    latency('LAT/cmd', 0, 'ms per command from queue to answer', [20, 25], latencyPerCommand),
    ...ioStats.map((field) => ({ ...field, weight: Math.max(5, field.weight + 3) })),
  ],
});
