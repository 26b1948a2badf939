import {
  above,
  DAVG_LIMITS,
  failedPerSecond,
  ioStats,
  latency,
  latencyPerCommand,
} from './kit/fields.js';
import { defineView } from './kit/view.js';

const CONTROLLERS = 'ABCDEFGH';

export const lun = defineView({
  name: 'lun',
  key: 'A',
  title: 'Array LUNs',
  tab: 'LUN',
  summary: 'the array side: owner, cache and latency of every LUN',
  scope: 'lun',
  charts: ['CMDS/s', 'LAT/cmd', 'HIT%'],
  fields: [
    {
      id: 'LUN',
      width: 12,
      weight: 0,
      format: 'text',
      help: 'LUN',
      value: (row) => row.name,
      grow: true,
    },
    {
      id: 'ARRAY',
      width: 10,
      weight: 2,
      format: 'text',
      help: 'array',
      value: (row) => row.label('array'),
    },
    {
      id: 'POOL',
      width: 10,
      weight: 4,
      format: 'text',
      help: 'pool of disks it is cut from',
      value: (row) => row.label('pool'),
    },
    {
      id: 'UID',
      width: 36,
      weight: 9,
      format: 'text',
      help: 'name the hosts know it by',
      value: (row) => row.label('uid'),
    },
    {
      id: 'OWN',
      width: 3,
      weight: 1,
      format: 'text',
      help: 'controller that owns it',
      value: (row) => CONTROLLERS[row.now('owner')] ?? '',
    },
    ...ioStats,
    latency('LAT/cmd', 0, 'ms per command in the array', DAVG_LIMITS, latencyPerCommand),
    {
      id: 'HIT%',
      width: 4,
      weight: 2,
      format: 'percent',
      help: 'reads answered from the cache, per hundred',
      value: (row) => {
        const hits = row.grown('cacheHits');
        const all = hits + row.grown('cacheMisses');
        return all > 0 ? (100 * hits) / all : Number.NaN;
      },
    },
    {
      id: 'SIZE',
      width: 9,
      weight: 5,
      format: 'blocks',
      help: 'size',
      value: (row) => row.now('sizeBlocks'),
    },
    {
      id: 'ALLOC',
      width: 9,
      weight: 5,
      format: 'blocks',
      help: 'space taken from the pool',
      value: (row) => row.now('allocatedBlocks'),
    },
    {
      id: 'POOL%',
      width: 5,
      weight: 3,
      format: 'percent',
      help: 'how full its pool is, per hundred',
      value: (row) => {
        const pool = row.parent('pool');
        if (pool === undefined || !(pool.now('capacityBlocks') > 0)) return Number.NaN;
        return (100 * pool.now('usedBlocks')) / pool.now('capacityBlocks');
      },
      level: above(75, 95),
    },
    {
      id: 'DIRTY',
      width: 9,
      weight: 7,
      format: 'blocks',
      help: 'written data of its pool still in the cache',
      value: (row) => row.parent('pool')?.now('dirtyBlocks') ?? Number.NaN,
    },
    failedPerSecond,
  ],
});
