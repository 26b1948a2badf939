/** Columns several views share. Names, units and alarm levels: esxtop reference, sections 2 to 4. */
import { BLOCK_BYTES } from '../../core/io.js';
import type { Cell, Format } from './format.js';
import type { Row } from './row.js';
import type { Field, LevelRule } from './view.js';

const MB = 1024 * 1024;

export const COMMANDS = ['reads', 'writes', 'others'];
export const TOTAL_NS = ['readNs', 'writeNs', 'otherNs'];
export const DEVICE_NS = ['deviceReadNs', 'deviceWriteNs', 'deviceOtherNs'];
export const QUEUE_NS = ['queueReadNs', 'queueWriteNs', 'queueOtherNs'];
const FAILED = ['failedReads', 'failedWrites', 'failedOthers'];

export function commandsPerSecond(row: Row): number {
  return row.rate('reads') + row.rate('writes') + row.rate('others');
}

export function megabytesPerSecond(row: Row, field: string): number {
  return (row.rate(field) * BLOCK_BYTES) / MB;
}

/** NFS volumes have no queue depth; NFS.MaxQueueDepth says so with the largest 32-bit number. */
const UNLIMITED = 4_294_967_295;

/** A queue depth; NaN where there is none. */
export function limitedDepth(depth = Number.NaN): number {
  return depth < UNLIMITED ? depth : Number.NaN;
}

/** Level of a number by two limits, both inclusive. */
export function above(warn: number, bad: number): LevelRule {
  const rule = (value: Cell) => {
    if (typeof value !== 'number' || !(value >= warn)) return 0;
    return value >= bad ? 2 : 1;
  };
  return Object.assign(rule, { limits: [warn, bad] as const });
}

/** The column of what the row's object is called; it takes the room that others leave. */
export function named(id: string, width: number, help: string): Field {
  const value = (row: Row): string => row.name;
  return { id, width, weight: 0, format: 'text', help, value, grow: true };
}

/** A column that shows a label of the row's object. */
export function labelled(
  id: string,
  width: number,
  weight: number,
  label: string,
  help: string,
): Field {
  return { id, width, weight, format: 'text', help, value: (row) => row.label(label) };
}

/** A column that shows a gauge of the row's object as it is now. */
export function gauge(
  id: string,
  width: number,
  weight: number,
  format: Format,
  field: string,
  help: string,
): Field {
  return { id, width, weight, format, help, value: (row) => row.now(field) };
}

/** A gauge of 0 and 1 as a word; what is down is in capitals so that colour is not needed. */
export function upOrDown(
  id: string,
  width: number,
  weight: number,
  field: string,
  help: string,
): Field {
  return {
    id,
    width,
    weight,
    format: 'text',
    help,
    value: (row) => {
      const up = row.now(field);
      return Number.isNaN(up) ? '' : up > 0 ? 'up' : 'DOWN';
    },
    level: (value) => (value === 'DOWN' ? 2 : 0),
  };
}

/** How many of the window's look-ups were answered from memory, per hundred. */
export function hitRate(
  id: string,
  width: number,
  weight: number,
  hits: string,
  misses: string,
  help: string,
): Field {
  const value = (row: Row): number => {
    const found = row.grown(hits);
    const all = found + row.grown(misses);
    return all > 0 ? (100 * found) / all : Number.NaN;
  };
  return { id, width, weight, format: 'percent', help, value };
}

const manyHosts: NonNullable<Field['shown']> = (entities) => {
  const hosts = new Set(entities.all.map(({ labels }) => labels.host).filter(Boolean));
  return hosts.size > 1;
};

export const host: Field = {
  id: 'HOST',
  width: 8,
  weight: 2,
  format: 'text',
  help: 'ESXi host',
  value: (row) => row.label('host'),
  stays: true,
  grow: true,
  shown: manyHosts,
};

/** ACTV QUED %USD LOAD of objects with a queue. */
export const queueStats: readonly Field[] = [
  {
    id: 'ACTV',
    width: 5,
    weight: 1,
    format: 'count',
    help: 'commands handed on and not yet completed',
    value: (row) => row.now('active'),
  },
  {
    id: 'QUED',
    width: 5,
    weight: 1,
    format: 'count',
    help: 'commands waiting here',
    value: (row) => row.now('queued'),
    level: above(1, 20),
  },
  {
    id: '%USD',
    width: 4,
    weight: 6,
    format: 'percent',
    help: 'active commands per hundred of queue depth',
    value: (row) =>
      row.now('slots') > 0 ? (100 * row.now('active')) / row.now('slots') : Number.NaN,
    level: above(50, 100),
  },
  {
    id: 'LOAD',
    width: 5,
    weight: 5,
    format: 'fixed',
    help: 'active and waiting commands over queue depth; above 1 the queue is too short',
    value: (row) =>
      row.now('slots') > 0
        ? (row.now('active') + row.now('queued')) / row.now('slots')
        : Number.NaN,
    level: above(1, 2),
  },
];

/** CMDS/s and its parts, with esxtop's sort keys. */
export const ioStats: readonly Field[] = [
  {
    id: 'CMDS/s',
    width: 9,
    weight: 0,
    format: 'fixed',
    help: 'commands completed per second, of any kind',
    value: commandsPerSecond,
    sort: 'c',
  },
  {
    id: 'READS/s',
    group: 'iops',
    width: 9,
    weight: 4,
    format: 'fixed',
    help: 'reads per second',
    value: (row) => row.rate('reads'),
    sort: 'r',
  },
  {
    id: 'WRITES/s',
    group: 'iops',
    width: 9,
    weight: 4,
    format: 'fixed',
    help: 'writes per second',
    value: (row) => row.rate('writes'),
    sort: 'w',
  },
  {
    id: 'MBREAD/s',
    group: 'mb',
    width: 8,
    weight: 3,
    format: 'fixed',
    help: 'megabytes read per second',
    value: (row) => megabytesPerSecond(row, 'readBlocks'),
    sort: 'R',
  },
  {
    id: 'MBWRTN/s',
    group: 'mb',
    width: 8,
    weight: 3,
    format: 'fixed',
    help: 'megabytes written per second',
    value: (row) => megabytesPerSecond(row, 'writeBlocks'),
    sort: 'T',
  },
];

/** A latency column: 8 wide, two decimals. */
export function latency(
  id: string,
  weight: number,
  help: string,
  limits: readonly [warn: number, bad: number],
  value: (row: Row) => number,
): Field {
  const [, kind] = id.split('/');
  const field: Field = {
    id,
    width: 8,
    weight,
    format: 'fixed',
    help,
    value,
    level: above(...limits),
    unit: 'ms',
  };
  return kind === 'rd' || kind === 'wr' ? { ...field, group: 'rd and wr' } : field;
}

/** Limits in ms: yellow-bricks' for bad; lower ones of other guides for warn. */
export const DAVG_LIMITS = [20, 25] as const;
export const KAVG_LIMITS = [1, 2] as const;
export const GAVG_LIMITS = [20, 25] as const;
export const QAVG_LIMITS = [1, 5] as const;

/** Mean latency of all commands at this object. */
export function latencyPerCommand(row: Row): number {
  return row.meanMs(TOTAL_NS, COMMANDS);
}

export const failedPerSecond: Field = {
  id: 'FCMDS/s',
  width: 8,
  weight: 7,
  format: 'fixed',
  help: 'commands per second that ended in an error',
  value: (row) => (row.seconds > 0 ? row.sum(FAILED) / row.seconds : row.sum(FAILED)),
  level: above(0.001, 10),
};

/** Commands given up, and resets; esxtop's columns. */
export const aborts: readonly Field[] = [
  {
    id: 'ABRTS/s',
    width: 7,
    weight: 6,
    format: 'fixed',
    help: 'commands aborted per second',
    value: (row) => row.rate('aborts'),
    level: above(0.001, 10),
  },
  {
    id: 'RESETS/s',
    width: 8,
    weight: 6,
    format: 'fixed',
    help: 'resets per second',
    value: (row) => row.rate('resets'),
    level: above(0.001, 10),
  },
];
