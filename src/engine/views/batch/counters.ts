/**
 * Counters several objects of a batch file share, in the order of the file. Names and order: esxtop
 * reference, section 6.3; field groups: sections 2.1 to 2.3.
 */
import { assert } from '../../core/assert.js';
import { ioStats, queueStats } from '../kit/fields.js';
import type { Row } from '../kit/row.js';
import type { Field } from '../kit/view.js';
import { belowAdapter, inKernel, KINDS, type Kind, meanOf, ofDevices } from './latency.js';

export interface BatchCounter {
  readonly name: string;
  /** Title of the column that shows it. */
  readonly column: string;
  /** Letter of the field group it belongs to, in the panel of its object. */
  readonly group: string;
  /** Figure of one object in one window. */
  readonly value: (row: Row) => number;
}

/** Letters of the groups of a panel: they differ between panels. */
export interface Groups {
  readonly queue: string;
  readonly io: string;
  readonly reserve: string;
  readonly perCommand: string;
  readonly perRead: string;
  readonly perWrite: string;
  readonly error: string;
  readonly addresses: string;
  readonly split: string;
}

/** What an engine has none of is none per second: no adapter here has too few address bits. */
const none = (): number => 0;

const rateOf =
  (field: string): BatchCounter['value'] =>
  (row) =>
    row.rate(field);

/** Counters that are columns of the screens too have their figures from there. */
function fromScreen(
  fields: readonly Field[],
  group: string,
  names: Readonly<Record<string, string>>,
): BatchCounter[] {
  return Object.entries(names).map(([name, column]) => {
    const field = fields.find(({ id }) => id === column);
    assert(field !== undefined, `no screen has a column ${column}`);
    return { name, column, group, value: (row: Row) => Number(field.value(row)) };
  });
}

export function ioCounters(group: string): readonly BatchCounter[] {
  return fromScreen(ioStats, group, {
    'Commands/sec': 'CMDS/s',
    'Reads/sec': 'READS/s',
    'Writes/sec': 'WRITES/s',
    'MBytes Read/sec': 'MBREAD/s',
    'MBytes Written/sec': 'MBWRTN/s',
  });
}

export function queueCounters(group: string): readonly BatchCounter[] {
  return fromScreen(queueStats, group, {
    'Active Commands': 'ACTV',
    'Queued Commands': 'QUED',
    '% Used': '%USD',
    Load: 'LOAD',
  });
}

type Figure = (row: Row, of: Kind) => number;

/** Four averages for each of commands, reads and writes; those an object does not keep are left out. */
export function latencyCounters(
  groups: Groups,
  figures: Readonly<Partial<Record<'Driver' | 'Kernel' | 'Guest' | 'Queue', Figure>>>,
): readonly BatchCounter[] {
  const letters = [groups.perCommand, groups.perRead, groups.perWrite];
  return KINDS.flatMap((of, index) =>
    Object.entries(figures).map(([where, figure]) => ({
      name: `Average ${where} MilliSec/${of.word}`,
      column: `${where.slice(0, 1)}AVG/${of.column}`,
      group: letters[index],
      value: (row: Row) => figure(row, of),
    })),
  );
}

/** The device keeps all sums itself. */
export const DEVICE_LATENCIES = {
  Driver: (row, of) => meanOf(row, of, 'device'),
  Kernel: inKernel,
  Guest: (row, of) => meanOf(row, of, 'total'),
  Queue: (row, of) => meanOf(row, of, 'queue'),
} satisfies Record<string, Figure>;

/** Adapters and paths know what is below them; what is above is known per device. */
export const ADAPTER_LATENCIES = {
  Driver: belowAdapter,
  Kernel: (row, of) => ofDevices(row, of, (device) => inKernel(device, of)),
  Guest: (row, of) => belowAdapter(row, of) + ofDevices(row, of, (device) => inKernel(device, of)),
  Queue: (row, of) => ofDevices(row, of, (device) => meanOf(device, of, 'queue')),
} satisfies Record<string, Figure>;

/** Failures by kind. The engine keeps no bytes of failed commands, so there are no counters of them. */
export function failureCounters(group: string): readonly BatchCounter[] {
  return [
    { name: 'Failed Commands/sec', column: 'FCMDS/s', group, value: failedPerSecond },
    { name: 'Failed Reads/sec', column: 'FREAD/s', group, value: rateOf('failedReads') },
    { name: 'Failed Writes/sec', column: 'FWRITE/s', group, value: rateOf('failedWrites') },
  ];
}

function failedPerSecond(row: Row): number {
  return row.rate('failedReads') + row.rate('failedWrites') + row.rate('failedOthers');
}

export function recoveryCounters(group: string): readonly BatchCounter[] {
  return [
    { name: 'Aborts/sec', column: 'ABRTS/s', group, value: rateOf('aborts') },
    { name: 'Resets/sec', column: 'RESETS/s', group, value: rateOf('resets') },
  ];
}

export function addressCounters(group: string): readonly BatchCounter[] {
  return [
    { name: 'PAE Commands/sec', column: 'PAECMD/s', group, value: none },
    { name: 'PAE Copies/sec', column: 'PAECP/s', group, value: none },
  ];
}

/** Splitting copies nothing here: the parts point into the guest's own buffers. */
export function splitCounters(group: string): readonly BatchCounter[] {
  return [
    { name: 'Split Commands/sec', column: 'SPLTCMD/s', group, value: rateOf('split') },
    { name: 'Split Copies/sec', column: 'SPLTCP/s', group, value: none },
  ];
}

/** A gauge, or a count since the start, as esxtop's VAAI counts are. */
export function asItIs(name: string, column: string, group: string, field: string): BatchCounter {
  return { name, column, group, value: (row) => row.now(field) };
}

export function reserveCounters(group: string): readonly BatchCounter[] {
  return [
    { name: 'Reserves/sec', column: 'RESV/s', group, value: rateOf('reserves') },
    { name: 'Conflicts/sec', column: 'CONS/s', group, value: rateOf('conflicts') },
  ];
}
