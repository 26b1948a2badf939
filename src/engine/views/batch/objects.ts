/**
 * The objects of esxtop's batch file that have to do with storage, in the order of the file: what they
 * are called there and here, and their counters. Writing and reading both go by this list, so what is
 * written is read again as the same figures. Source: esxtop reference, sections 2, 6.2 and 6.3.
 */
import type { EntityInfo } from '../../core/meters.js';
import { perCommandMs, type Row } from '../kit/row.js';
import {
  ADAPTER_LATENCIES,
  addressCounters,
  asItIs,
  type BatchCounter,
  DEVICE_LATENCIES,
  failureCounters,
  type Groups,
  ioCounters,
  latencyCounters,
  queueCounters,
  recoveryCounters,
  reserveCounters,
  splitCounters,
} from './counters.js';
import { KINDS, type Kind, meanOf } from './latency.js';

/** Panels of esxtop whose field groups decide what is written. */
export type Panel = 'adapter' | 'device' | 'vm';

/** What an instance of a file is called here. */
export interface Named {
  readonly scope: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface BatchObject {
  readonly name: string;
  readonly panel: Panel;
  /** Scope of the objects it is about, and which of them. */
  readonly scope: string;
  /** Scope of the objects that follow the one they are part of, with the same counters. */
  readonly parts?: string;
  readonly holds: (info: EntityInfo) => boolean;
  readonly instance: (info: EntityInfo) => string;
  /** @param known names of the host's devices, longest first */
  readonly named: (instance: string, known: readonly string[]) => Named;
  readonly counters: readonly BatchCounter[];
}

const ADAPTER: Groups = {
  queue: 'D',
  io: 'E',
  reserve: 'F',
  perCommand: 'G',
  perRead: 'H',
  perWrite: 'I',
  error: 'J',
  addresses: 'K',
  split: 'L',
};
const DEVICE: Groups = {
  queue: 'F',
  io: 'G',
  reserve: 'H',
  perCommand: 'I',
  perRead: 'J',
  perWrite: 'K',
  error: 'L',
  addresses: 'M',
  split: 'N',
};
const NFS = '{NFS}';
const always = (): boolean => true;
const ownName = (info: EntityInfo): string => info.name;

/** `vmhba1:C0:T0:L0` anywhere in an instance: some releases put the adapter's name before it. */
const PATH = /vmhba\d+:C\d+:T\d+:L\d+/;
/** A virtual disk of a machine: `web1:scsi0:0`. */
const DISK = /^(.*):((?:scsi|sata|ide|nvme)\d+:\d+)$/;

/** `naa.6000-web1` is a device and a world; a hyphen may be part of either. */
function worldOf(instance: string, devices: readonly string[]): Named {
  const found = devices.find((name) => instance.startsWith(`${name}-`));
  const at = found?.length ?? instance.lastIndexOf('-');
  const [on, world] =
    at < 0 ? [instance, instance] : [instance.slice(0, at), instance.slice(at + 1)];
  return { scope: 'world', name: world, labels: { device: on, vm: world } };
}

function pathOf(instance: string): Named {
  const name = PATH.exec(instance)?.[0] ?? instance;
  const [hba] = name.split(':');
  return { scope: 'path', name, labels: { adapter: hba } };
}

function diskOf(instance: string): Named {
  const [, machine, disk] = DISK.exec(instance) ?? [];
  if (disk === undefined) return { scope: 'vm', name: instance, labels: {} };
  return { scope: 'disk', name: instance, labels: { vm: machine as string } };
}

/** A machine counts nothing itself: its figures are its disks'. */
function disksOf(row: Row): readonly Row[] {
  return row.info.scope === 'vm' ? row.children('disk') : [row];
}

/** Of a machine, the mean over all commands of its disks. */
function virtualDiskMs(row: Row, of: Kind): number {
  const sum = (fields: readonly string[]): number =>
    disksOf(row).reduce((so, disk) => so + disk.sum(fields), 0);
  return perCommandMs(sum(of.total), sum(of.count));
}

const [, READS, WRITES] = KINDS as readonly [Kind, Kind, Kind];

const VIRTUAL_DISK: readonly BatchCounter[] = [
  ...ioCounters('F').map((counter) => ({
    ...counter,
    value: (row: Row) => disksOf(row).reduce((so, disk) => so + counter.value(disk), 0),
  })),
  {
    name: 'Average MilliSec/Read',
    column: 'LAT/rd',
    group: 'G',
    value: (row) => virtualDiskMs(row, READS),
  },
  {
    name: 'Average MilliSec/Write',
    column: 'LAT/wr',
    group: 'H',
    value: (row) => virtualDiskMs(row, WRITES),
  },
];

export const BATCH_OBJECTS: readonly BatchObject[] = [
  {
    name: 'Physical Disk',
    panel: 'adapter',
    scope: 'adapter',
    holds: always,
    instance: ownName,
    // Releases before 5.0 have paths here too.
    named: (name) => (PATH.test(name) ? pathOf(name) : { scope: 'adapter', name, labels: {} }),
    counters: [
      asItIs('Adapter Q Depth', 'AQLEN', 'D', 'slots'),
      {
        name: 'Number of Paths',
        column: 'NPTH',
        group: 'C',
        value: (row) => row.children('path').length,
      },
    ],
  },
  {
    name: 'Physical Disk Adapter',
    panel: 'adapter',
    scope: 'adapter',
    holds: always,
    instance: ownName,
    named: (name) => ({ scope: 'adapter', name, labels: {} }),
    counters: [
      ...queueCounters(ADAPTER.queue),
      ...ioCounters(ADAPTER.io),
      ...latencyCounters(ADAPTER, ADAPTER_LATENCIES),
      ...failureCounters(ADAPTER.error),
      ...recoveryCounters(ADAPTER.error),
      ...addressCounters(ADAPTER.addresses),
      ...splitCounters(ADAPTER.split),
    ],
  },
  {
    name: 'Physical Disk Path',
    panel: 'adapter',
    scope: 'path',
    holds: always,
    instance: ownName,
    named: pathOf,
    counters: [
      asItIs('Active Commands', 'ACTV', ADAPTER.queue, 'active'),
      ...ioCounters(ADAPTER.io),
      ...latencyCounters(ADAPTER, ADAPTER_LATENCIES),
      ...failureCounters(ADAPTER.error),
      ...addressCounters(ADAPTER.addresses),
      ...splitCounters(ADAPTER.split),
    ],
  },
  {
    name: 'Physical Disk SCSI Device',
    panel: 'device',
    scope: 'device',
    holds: ({ name }) => !name.startsWith(NFS),
    instance: ownName,
    named: (name) => ({ scope: 'device', name, labels: {} }),
    counters: [
      asItIs('Device Q Depth', 'DQLEN', DEVICE.queue, 'slots'),
      ...queueCounters(DEVICE.queue),
      ...ioCounters(DEVICE.io),
      ...reserveCounters(DEVICE.reserve),
      ...latencyCounters(DEVICE, DEVICE_LATENCIES),
      ...failureCounters(DEVICE.error),
      {
        name: 'Failed Reserves/sec',
        column: 'FRESV/s',
        group: DEVICE.error,
        value: (row) => row.rate('reservesFailed'),
      },
      ...recoveryCounters(DEVICE.error),
      ...addressCounters(DEVICE.addresses),
      asItIs('CWrites', 'CLONE_WR', 'O', 'clones'),
      asItIs('CFailed', 'CLONE_F', 'O', 'cloneFailed'),
      asItIs('ATS', 'ATS', 'O', 'ats'),
      asItIs('ATS Failed', 'ATSF', 'O', 'atsFailed'),
      asItIs('Zeros', 'ZERO', 'O', 'zeros'),
      asItIs('Zeros Failed', 'ZERO_F', 'O', 'zeroFailed'),
      asItIs('Deletes', 'DELETE', 'O', 'deletes'),
      asItIs('Deletes Failed', 'DELETE_F', 'O', 'deleteFailed'),
    ],
  },
  {
    name: 'Physical Disk Per-Device-Per-World',
    panel: 'device',
    scope: 'world',
    // esxtop splits no NFS volume into worlds: it is no physical disk.
    holds: ({ labels }) => !labels.device.startsWith(NFS),
    instance: ({ name, labels }) => `${labels.device}-${name}`,
    named: worldOf,
    counters: [
      asItIs('World Q Depth', 'WQLEN', DEVICE.queue, 'wqlen'),
      asItIs('Active Commands', 'ACTV', DEVICE.queue, 'active'),
      asItIs('Queued Commands', 'QUED', DEVICE.queue, 'queued'),
      ...ioCounters(DEVICE.io),
      ...latencyCounters(DEVICE, { Guest: (row, of) => meanOf(row, of, 'total') }),
      ...failureCounters(DEVICE.error),
    ],
  },
  {
    name: 'Physical Disk NFS Volume',
    panel: 'device',
    scope: 'device',
    holds: ({ name }) => name.startsWith(NFS),
    instance: ({ name }) => name.slice(NFS.length),
    named: (name) => ({ scope: 'device', name: `${NFS}${name}`, labels: {} }),
    counters: [
      asItIs('Active Commands', 'ACTV', DEVICE.queue, 'active'),
      ...ioCounters(DEVICE.io),
      ...latencyCounters(DEVICE, { Guest: DEVICE_LATENCIES.Guest }),
      ...failureCounters(DEVICE.error),
      ...recoveryCounters(DEVICE.error),
      // What esxtop leaves empty for NFS, behind what it writes.
      ...queueCounters(DEVICE.queue).filter(({ column }) => column !== 'ACTV'),
      ...latencyCounters(DEVICE, {
        Driver: DEVICE_LATENCIES.Driver,
        Kernel: DEVICE_LATENCIES.Kernel,
        Queue: DEVICE_LATENCIES.Queue,
      }),
    ],
  },
  {
    name: 'Virtual Disk',
    panel: 'vm',
    scope: 'vm',
    parts: 'disk',
    holds: always,
    instance: ownName,
    named: diskOf,
    counters: VIRTUAL_DISK,
  },
];

/** Counters of real files that the engine has no figures for, and the columns that show them. */
const READ_ONLY: readonly (readonly [name: string, column: string])[] = [
  ['Failed MBytes Read/sec', 'FMBRD/s'],
  ['Failed MBytes Written/sec', 'FMBWR/s'],
  ['CReads', 'CLONE_RD'],
  ['MBytes CReads/sec', 'MBC_RD/s'],
  ['MBytes CWrites/sec', 'MBC_WR/s'],
  ['MBytes Zeros/sec', 'MBZERO/s'],
  ['MBytes Deletes/sec', 'MBDEL/s'],
  ...['Clone', 'ATS', 'Zero'].flatMap((what) => [
    [`Average Success Latency ms/${what}`, `${what.slice(0, 1)}AVG/suc`] as const,
    [`Average Failure Latency ms/${what}`, `${what.slice(0, 1)}AVG/f`] as const,
  ]),
];

const isPhysical = ({ name }: BatchObject): boolean => name.startsWith('Physical Disk');

/** Real hosts have the same counters on all objects below the virtual disks. */
const PHYSICAL: ReadonlyMap<string, string> = new Map([
  ...READ_ONLY,
  ...BATCH_OBJECTS.filter(isPhysical).flatMap(({ counters }) =>
    counters.map(({ name, column }) => [name, column] as const),
  ),
]);

/** Counters of an object that can be read, with the titles of the columns that show them. */
export function readable(object: BatchObject): ReadonlyMap<string, string> {
  if (isPhysical(object)) return PHYSICAL;
  return new Map(object.counters.map(({ name, column }) => [name, column]));
}
