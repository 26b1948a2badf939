import {
  above,
  DAVG_LIMITS,
  failedPerSecond,
  gauge,
  hitRate,
  ioStats,
  labelled,
  latency,
  latencyPerCommand,
  named,
} from './kit/fields.js';
import { controllerName } from './kit/format.js';
import { defineView } from './kit/view.js';

export const lun = defineView({
  name: 'lun',
  key: 'A',
  title: 'Array LUNs',
  tab: 'LUN',
  summary: 'the array side: owner, cache and latency of every LUN',
  scope: 'lun',
  charts: ['CMDS/s', 'LAT/cmd', 'HIT%'],
  fields: [
    named('LUN', 12, 'LUN'),
    labelled('ARRAY', 10, 2, 'array', 'array'),
    labelled('POOL', 10, 4, 'pool', 'pool of disks it is cut from'),
    labelled('UID', 36, 9, 'uid', 'name the hosts know it by'),
    {
      id: 'OWN',
      width: 3,
      weight: 1,
      format: 'text',
      help: 'controller that owns it',
      value: (row) => controllerName(row.now('owner')),
    },
    ...ioStats,
    latency('LAT/cmd', 0, 'ms per command in the array', DAVG_LIMITS, latencyPerCommand),
    hitRate('HIT%', 4, 2, 'cacheHits', 'cacheMisses', 'reads answered from the cache, per hundred'),
    gauge('SIZE', 9, 5, 'blocks', 'sizeBlocks', 'size'),
    gauge('ALLOC', 9, 5, 'blocks', 'allocatedBlocks', 'space taken from the pool'),
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
      // Thick LUNs have all their space from the start; only thin ones can run out of it.
      level: (value, row) =>
        row.now('allocatedBlocks') < row.now('sizeBlocks') ? above(75, 95)(value, row) : 0,
    },
    {
      id: 'DIRTY',
      width: 9,
      weight: 7,
      format: 'blocks',
      help: 'written data of its pool still in the cache',
      value: (row) => row.parent('pool')?.now('dirtyBlocks') ?? Number.NaN,
    },
    gauge('SNAPS', 5, 8, 'count', 'snapshots', 'snapshots its array keeps of it'),
    gauge('SNAPSIZE', 9, 8, 'blocks', 'snapshotBlocks', 'space these take from the pool'),
    {
      id: 'RESV%',
      width: 5,
      weight: 10,
      format: 'percent',
      help: 'time a host held it reserved (SCSI-2), per hundred',
      value: (row) => (100 * row.rate('reservedNs')) / 1e9,
    },
    failedPerSecond,
  ],
});
