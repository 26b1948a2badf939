import { BLOCK_BYTES } from '../core/io.js';
import { gauge, host, labelled, named } from './kit/fields.js';
import type { Row } from './kit/row.js';
import { defineView } from './kit/view.js';

const MB = 1024 * 1024;
const NS_PER_S = 1e9;

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
  summary: 'how virtual disks take space from their datastores',
  scope: 'disk',
  charts: ['%ALLOC', 'GROW MB/s', 'FIRSTW/s'],
  fields: [
    named('VMDK', 18, 'virtual disk'),
    host,
    labelled('DATASTORE', 12, 3, 'datastore', 'datastore the disk lies on'),
    labelled('KIND', 10, 2, 'kind', 'thin, lazyThick (zeroed on first write) or eagerThick'),
    gauge('SIZE', 9, 1, 'blocks', 'sizeBlocks', 'size the guest sees'),
    gauge('ALLOC', 9, 0, 'blocks', 'allocatedBlocks', 'space taken from the datastore'),
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
    gauge('ZEROED', 9, 5, 'blocks', 'zeroedBlocks', 'space zeroed before its first write'),
    {
      id: 'GROW MB/s',
      width: 9,
      weight: 0,
      format: 'fixed',
      help: 'space taken per second',
      value: (row) => (row.rate('allocatedBlocks') * BLOCK_BYTES) / MB,
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
      help: 'time until all of it is taken, at the present rate',
      value: untilFullNs,
    },
  ],
});
