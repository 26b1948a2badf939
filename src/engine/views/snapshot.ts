import { BLOCK_BYTES } from '../core/io.js';
import { above, gauge, host, labelled, named } from './kit/fields.js';
import type { Row } from './kit/row.js';
import { storeFull } from './kit/store-full.js';
import { defineView } from './kit/view.js';

const MB = 1024 * 1024;
const HOUR_NS = 3600e9;

/** A snapshot should not be kept for longer than 72 hours (KB 1025279). */
export const SNAPSHOT_AGE_MAX_NS = 72 * HOUR_NS;
/** Deltas beyond this part of their disk are worth a warning: model. */
export const SNAPSHOT_SIZE_MAX = 0.2;
/** Links over the base: 2 to 3 are recommended (vmdk-formats reference, 5). */
export const SNAPSHOT_DEPTH_MAX = 3;

/** Deltas as a part of the disk, 0 and up. */
export function deltaPart(row: Row): number {
  const size = row.now('sizeBytes');
  return size > 0 ? row.now('deltaBytes') / size : 0;
}

/** I/Os for a read of the guest: pieces in several files, and tables that are not in memory. */
export function readsPerRead(row: Row): number {
  const reads = row.grown('reads');
  return reads > 0 ? (row.grown('readParts') + row.grown('tableReads')) / reads : Number.NaN;
}

export const snapshot = defineView({
  name: 'snapshot',
  key: 'n',
  title: 'Snapshots',
  tab: 'Snap',
  summary: 'the chains of virtual disks with snapshots: age, size, growth, and what reads cost',
  scope: 'chain',
  empty: 'no virtual disk has had a snapshot; ctrl+o on a VM or its virtual disk makes one',
  charts: ['GROW MB/s', 'DELTAS', 'RD/READ', '%DISK'],
  fields: [
    named('VMDK', 18, 'virtual disk'),
    host,
    labelled('DATASTORE', 12, 3, 'datastore', 'datastore its files are on'),
    {
      ...gauge('DEPTH', 5, 0, 'count', 'depth', 'deltas between the guest and the base'),
      level: above(SNAPSHOT_DEPTH_MAX + 1, 8),
    },
    {
      id: 'AGE',
      width: 9,
      weight: 0,
      format: 'duration',
      help: 'of the oldest delta',
      value: (row) => (row.now('links') > 0 ? row.now('ageNs') : Number.NaN),
      level: above(SNAPSHOT_AGE_MAX_NS, 2 * SNAPSHOT_AGE_MAX_NS),
    },
    {
      id: 'DELTAS',
      width: 9,
      weight: 0,
      format: 'blocks',
      help: 'space its deltas take from the datastore',
      value: (row) => row.now('deltaBytes') / BLOCK_BYTES,
      sort: 'T',
    },
    {
      id: '%DISK',
      width: 5,
      weight: 1,
      format: 'percent',
      help: 'deltas per hundred of the size of the disk',
      value: (row) => 100 * deltaPart(row),
      level: above(100 * SNAPSHOT_SIZE_MAX, 100),
    },
    {
      id: 'GROW MB/s',
      width: 9,
      weight: 0,
      format: 'fixed',
      help: 'space the deltas take per second',
      value: (row) => row.rate('deltaBytes') / MB,
      sort: 'c',
    },
    storeFull(0),
    {
      id: 'GRAINS',
      width: 9,
      weight: 3,
      format: 'blocks',
      help: 'data of the guest in the deltas',
      value: (row) => row.now('grainBytes') / BLOCK_BYTES,
    },
    {
      id: 'RD/READ',
      width: 7,
      weight: 1,
      format: 'fixed',
      help: 'reads of files for a read of the guest: pieces and grain tables',
      value: readsPerRead,
      level: above(1.5, 3),
    },
    {
      id: 'TBLRD/s',
      width: 8,
      weight: 4,
      format: 'fixed',
      help: 'reads of grain tables per second',
      value: (row) => row.rate('tableReads'),
    },
    {
      id: 'TBLWR/s',
      width: 8,
      weight: 4,
      format: 'fixed',
      help: 'writes of tables, directories and journals per second',
      value: (row) => row.rate('tableWrites'),
      sort: 'w',
    },
    {
      id: 'STATE',
      width: 12,
      weight: 0,
      format: 'text',
      help: 'a merge under way, or deltas that could not be merged',
      value: (row) => {
        const progress = row.now('progress');
        if (progress > 0) return `merging ${Math.floor(100 * progress)}%`;
        return row.now('consolidate') > 0 ? 'CONSOLIDATE' : '';
      },
      level: (_value, row) => (row.now('consolidate') > 0 ? 2 : 0),
    },
  ],
});
