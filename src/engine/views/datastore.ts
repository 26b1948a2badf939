import {
  above,
  commandsPerSecond,
  gauge,
  hitRate,
  labelled,
  latency,
  latencyPerCommand,
} from './kit/fields.js';
import type { Row } from './kit/row.js';
import { defineView, type Field } from './kit/view.js';

function usedBlocks(row: Row): number {
  return row.now('capacityBlocks') - row.now('freeBlocks');
}

function perCapacity(row: Row, blocks: number): number {
  const capacity = row.now('capacityBlocks');
  return capacity > 0 ? (100 * blocks) / capacity : 0;
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
  charts: ['%USED', 'ALLOC/s', 'CMDS/s', 'LAT/cmd'],
  fields: [
    {
      id: 'DATASTORE',
      width: 14,
      weight: 0,
      format: 'text',
      help: 'datastore',
      value: (row) => row.name,
      grow: true,
    },
    labelled('TYPE', 4, 3, 'type', 'vmfs or nfs'),
    gauge('CAPACITY', 9, 1, 'blocks', 'capacityBlocks', 'size'),
    { id: 'USED', width: 9, weight: 2, format: 'blocks', help: 'space taken', value: usedBlocks },
    gauge('FREE', 9, 0, 'blocks', 'freeBlocks', 'space left'),
    {
      id: '%USED',
      width: 5,
      weight: 0,
      format: 'percent',
      help: 'space taken per hundred of the size',
      value: (row) => perCapacity(row, usedBlocks(row)),
      level: above(75, 90),
    },
    gauge(
      'PROVISND',
      9,
      4,
      'blocks',
      'provisionedBlocks',
      'space promised to files, thin ones at full size',
    ),
    {
      id: '%PROV',
      width: 5,
      weight: 3,
      format: 'percent',
      help: 'space promised per hundred of the size; above 100 is overcommitted',
      value: (row) => perCapacity(row, row.now('provisionedBlocks')),
      level: above(101, 200),
    },
    {
      id: 'FULL',
      width: 5,
      weight: 2,
      format: 'count',
      help: 'requests for space refused since the start',
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
