import { BLOCK_BYTES } from '../core/io.js';
import {
  above,
  commandsPerSecond,
  gauge,
  hitRate,
  labelled,
  latency,
  latencyPerCommand,
  named,
} from './kit/fields.js';
import type { Cell } from './kit/format.js';
import type { Row } from './kit/row.js';
import { ownFull } from './kit/store-full.js';
import { defineView, type Field, type Level, type LevelRule } from './kit/view.js';

const MB = 1024 * 1024;
/** Percent in use that vCenter's alarms go by (stack-upper reference, 8.2). */
const USAGE_LIMITS = [75, 85] as const;
const ALARMS = ['green', 'YELLOW', 'RED'];

/** A file stands below its datastore, whose name need not be said again. */
function nameOf(row: Row): string {
  return row.name.replace(/^\[[^\]]*\] /, '');
}

/** Of a file, the space it holds. */
function usedBlocks(row: Row): number {
  if (row.info.scope === 'file') return row.now('allocatedBlocks');
  return row.now('capacityBlocks') - row.now('freeBlocks');
}

/** Of a file, its size. */
function promisedBlocks(row: Row): number {
  return row.now(row.info.scope === 'file' ? 'sizeBlocks' : 'provisionedBlocks');
}

/** By the datastore's own thresholds where it has some. */
const usage: LevelRule = Object.assign(
  (value: Cell, row: Row): Level => {
    const [yellow, red] = [row.now('yellowPercent'), row.now('redPercent')];
    return yellow > 0 ? above(yellow, red)(value, row) : above(...USAGE_LIMITS)(value, row);
  },
  { limits: USAGE_LIMITS },
);

function perCapacity(row: Row, blocks: number): number {
  const capacity = row.now('capacityBlocks');
  return capacity > 0 ? (100 * blocks) / capacity : Number.NaN;
}

function perSecond(id: string, field: string, weight: number, help: string): Field {
  return { id, width: 8, weight, format: 'fixed', help, value: (row) => row.rate(field) };
}

export const datastore = defineView({
  name: 'datastore',
  key: 'D',
  title: 'Datastores',
  tab: 'Store',
  summary: 'capacity, and the file system work that goes with it',
  scope: 'datastore',
  expand: 'file',
  // Indented: a folder and a file of it.
  partWidth: 30,
  charts: ['%USED', 'GROW MB/s', 'ALLOC/s', 'CMDS/s', 'LAT/cmd'],
  fields: [
    { ...named('DATASTORE', 14, 'datastore; a file on it by its folder'), value: nameOf },
    labelled('TYPE', 4, 3, 'type', 'vmfs or nfs'),
    gauge('CAPACITY', 9, 0, 'blocks', 'capacityBlocks', 'size'),
    { id: 'USED', width: 9, weight: 0, format: 'blocks', help: 'space taken', value: usedBlocks },
    gauge('FREE', 9, 0, 'blocks', 'freeBlocks', 'space left'),
    {
      id: '%USED',
      width: 5,
      weight: 0,
      format: 'percent',
      help: 'space taken per hundred of the size',
      value: (row) => perCapacity(row, usedBlocks(row)),
      level: usage,
    },
    {
      id: 'ALARM',
      width: 6,
      weight: 1,
      format: 'text',
      help: "usage alarm, with hysteresis; its thresholds are the scenario's",
      value: (row) => ALARMS[row.now('alarm')] ?? '',
      level: (value) => (value === 'RED' ? 2 : value === 'YELLOW' ? 1 : 0),
    },
    {
      id: 'PROVISND',
      width: 9,
      weight: 4,
      format: 'blocks',
      help: 'space promised to files, thin ones at full size',
      value: promisedBlocks,
    },
    {
      id: 'UNCOMMIT',
      width: 9,
      weight: 5,
      format: 'blocks',
      help: 'space promised to files that they do not hold yet',
      value: (row) => Math.max(0, promisedBlocks(row) - usedBlocks(row)),
    },
    {
      id: '%PROV',
      width: 5,
      weight: 0,
      format: 'percent',
      help: 'space promised per hundred of the size; above 100 is overcommitted',
      value: (row) => perCapacity(row, row.now('provisionedBlocks')),
      level: above(101, 200),
    },
    {
      id: 'GROW MB/s',
      width: 9,
      weight: 4,
      format: 'fixed',
      help: 'growth of the space in use: a line through the last 15 looks (20 s apart), at first since the start',
      value: (row) => (row.now('growthBlocks') * BLOCK_BYTES) / MB,
    },
    ownFull(1),
    {
      id: 'FULL',
      width: 5,
      weight: 4,
      format: 'count',
      help: '1 from a write that found no free block until there is space again',
      value: (row) => row.now('full'),
      level: above(1, 1),
    },
    {
      id: 'CMDS/s',
      width: 9,
      weight: 1,
      format: 'fixed',
      help: 'commands per second through the file system',
      value: commandsPerSecond,
      sort: 'c',
    },
    latency(
      'LAT/cmd',
      4,
      'ms per command in the file system and below',
      [20, 25],
      latencyPerCommand,
    ),
    perSecond('ALLOC/s', 'allocations', 5, 'blocks of 1 MB given to files per second'),
    perSecond('ZERO/s', 'zeroings', 6, 'blocks zeroed before their first write per second'),
    perSecond('MDRD/s', 'metadataReads', 7, 'metadata reads per second'),
    perSecond('MDWR/s', 'metadataWrites', 7, 'metadata writes per second'),
    hitRate(
      'PBHIT%',
      6,
      7,
      'pointerHits',
      'pointerMisses',
      'pointer-block lookups answered from memory, per hundred',
    ),
    perSecond('ATS/s', 'atsOk', 8, 'locks taken by atomic test and set per second'),
    perSecond('ATSMISS', 'atsMiss', 8, 'of those, lost to another host, per second'),
    perSecond('HB/s', 'heartbeats', 9, 'heartbeats per second'),
  ],
});
