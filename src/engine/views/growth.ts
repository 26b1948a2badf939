import { BLOCK_BYTES } from '../core/io.js';
import { gauge, host, labelled, named } from './kit/fields.js';
import type { Row } from './kit/row.js';
import { storeFull } from './kit/store-full.js';
import { defineView } from './kit/view.js';

const MB = 1024 * 1024;
const NS_PER_S = 1e9;

/** Space of its snapshots' deltas, of all branches: blocks now, and what they take per second. */
function deltas(row: Row): { blocks: number; rate: number } {
  let [blocks, rate] = [0, 0];
  for (const chain of row.children('chain')) {
    blocks += chain.now('deltaBytes') / BLOCK_BYTES;
    rate += chain.rate('deltaBytes') / BLOCK_BYTES;
  }
  return { blocks, rate };
}

/** A full disk has room for ever; one that does not grow is never full. */
function untilFullNs(row: Row): number {
  const left = row.now('sizeBlocks') - row.now('allocatedBlocks');
  const rate = row.rate('allocatedBlocks');
  return left > 0 && rate > 0 ? Math.round((left / rate) * NS_PER_S) : Number.NaN;
}

export const growth = defineView({
  name: 'growth',
  key: 'G',
  title: 'VMDK growth',
  tab: 'Growth',
  summary: 'how virtual disks and their snapshots take space from their datastores',
  scope: 'disk',
  rollUp: 'vm',
  charts: ['GROW MB/s', 'DELTAS', '%ALLOC', 'FIRSTW/s'],
  fields: [
    named('VMDK', 18, 'virtual disk; a machine, whose disks are rolled up'),
    host,
    labelled('DATASTORE', 12, 3, 'datastore', 'datastore the disk lies on'),
    labelled('KIND', 10, 2, 'kind', 'thin, lazyThick (zeroed on first write) or eagerThick'),
    gauge('SIZE', 9, 1, 'blocks', 'sizeBlocks', 'size the guest sees'),
    gauge(
      'ALLOC',
      9,
      0,
      'blocks',
      'allocatedBlocks',
      'space its own file has taken from the datastore',
    ),
    {
      id: '%ALLOC',
      width: 6,
      weight: 1,
      format: 'percent',
      help: 'space taken per hundred of the size',
      value: (row) =>
        row.now('sizeBlocks') > 0
          ? (100 * row.now('allocatedBlocks')) / row.now('sizeBlocks')
          : Number.NaN,
    },
    {
      id: 'DELTAS',
      width: 9,
      weight: 0,
      format: 'blocks',
      help: 'space the deltas of its snapshots take',
      value: (row) => deltas(row).blocks,
    },
    gauge('ZEROED', 9, 5, 'blocks', 'zeroedBlocks', 'space zeroed before its first write'),
    {
      id: 'GROW MB/s',
      width: 9,
      weight: 0,
      format: 'fixed',
      help: 'space taken per second, by the disk and its deltas',
      value: (row) => ((row.rate('allocatedBlocks') + deltas(row).rate) * BLOCK_BYTES) / MB,
      sort: 'c',
    },
    {
      id: 'FIRSTW/s',
      width: 8,
      weight: 2,
      format: 'fixed',
      help: 'writes per second that touched a block for the first time',
      value: (row) => row.rate('firstWrites'),
    },
    {
      id: 'WRITES/s',
      width: 9,
      weight: 4,
      format: 'fixed',
      help: 'writes per second',
      value: (row) => row.rate('writes'),
      sort: 'w',
    },
    {
      id: 'FULL IN',
      width: 9,
      weight: 3,
      format: 'duration',
      help: 'time until all of its own file is taken, at the present rate',
      value: untilFullNs,
    },
    storeFull(1),
  ],
});
