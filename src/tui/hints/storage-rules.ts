/** What the figures of adapters, paths, datastores and arrays mean. */

import { formatSize } from '../../engine/core/units.js';
import type { Row } from '../../engine/views/kit/row.js';
import {
  deltaPart,
  readsPerRead,
  SNAPSHOT_AGE_MAX_NS,
  SNAPSHOT_DEPTH_MAX,
  SNAPSHOT_SIZE_MAX,
} from '../../engine/views/snapshot.js';
import { count, isStuck, type Rule } from './rule.js';

/** Free space below which growing disks are about to stop, of all (model). */
const SPARE = 0.05;

/** Free part of a datastore, 0..1. */
function free(row: Row): number {
  return row.now('freeBlocks') / row.now('capacityBlocks');
}

function used(row: Row): number {
  return row.now('usedBlocks') / row.now('capacityBlocks');
}

/** A thin LUN that does not have all its blocks. */
function mayGrow(lun: Row): boolean {
  return lun.now('allocatedBlocks') < lun.now('sizeBlocks');
}

/** Deltas a consolidation has left behind, and nothing is merging them now. */
function isLeftOver(row: Row): boolean {
  return row.now('consolidate') > 0 && row.now('progress') === 0;
}

const snapshotRules: readonly Rule[] = [
  {
    name: 'consolidation-needed',
    scope: 'chain',
    level: 2,
    source: 'vmdk-formats reference, 14: consolidation needed',
    when: isLeftOver,
    words: (row) =>
      `${count(row.now('links'), 'delta')} no snapshot needs could not be merged, and ${row.now('links') === 1 ? 'it grows' : 'they grow'}: make room, then consolidate (ctrl+o)`,
  },
  {
    name: 'snapshot-large',
    scope: 'chain',
    level: 1,
    source: 'model: deltas above a fifth of their disk',
    when: (row) => deltaPart(row) > SNAPSHOT_SIZE_MAX && !isLeftOver(row),
    words: (row) =>
      `its deltas take ${formatSize(row.now('deltaBytes'))}, ${Math.round(100 * deltaPart(row))}% of the disk, and grow up to all of it: delete the snapshots while there is room to`,
  },
  {
    name: 'snapshot-old',
    scope: 'chain',
    level: 1,
    source: 'KB 1025279: no snapshot for more than 72 hours',
    when: (row) => row.now('links') > 0 && row.now('ageNs') > SNAPSHOT_AGE_MAX_NS,
    words: (row) =>
      `a snapshot is ${Math.round(row.now('ageNs') / 3600e9)} hours old: snapshots are no backups; delete it`,
  },
  {
    name: 'chain-deep',
    scope: 'chain',
    level: 1,
    source: 'vmdk-formats reference, 5: 2 to 3 links are recommended',
    when: (row) => row.now('depth') > SNAPSHOT_DEPTH_MAX,
    words: (row) => {
      const cost = readsPerRead(row);
      const reads = Number.isNaN(cost) ? '' : `, ${cost.toFixed(1)} reads for each of the guest`;
      return `${count(row.now('depth'), 'delta')} over its base${reads}: delete snapshots`;
    },
  },
];

export const storageRules: readonly Rule[] = [
  ...snapshotRules,
  {
    name: 'datastore-full',
    scope: 'datastore',
    level: 2,
    source: 'stack-upper reference, 8.2: out of space',
    when: (row) => free(row) < SPARE,
    words: (row) =>
      row.now('freeBlocks') === 0
        ? 'full: disks that grow, and snapshots, stop with a question; delete, move or extend'
        : `${(free(row) * 100).toFixed(1)}% free: disks that grow stop with a question when it is full; delete, move or extend`,
  },
  {
    name: 'pool-full',
    scope: 'pool',
    level: 2,
    source: 'stack-lower reference, 6.5: thin provisioning states',
    when: (row) => used(row) > 1 - SPARE && row.children('lun').some(mayGrow),
    words: (row) =>
      `${(used(row) * 100).toFixed(1)}% used: writes to thin LUNs fail with 07/27/07 when it is full; add disks or reclaim (UNMAP)`,
  },
  {
    name: 'controller-hangs',
    scope: 'port',
    level: 2,
    source: 'stack-lower reference, 4.4: a target that answers neither commands nor aborts',
    when: (row) => row.now('up') > 0 && isStuck(row),
    words: (row) =>
      `holds ${count(row.now('active'), 'command')} and answers none: its controller hangs while the link has light; fail over or reset it`,
  },
  {
    name: 'port-full',
    scope: 'port',
    level: 2,
    source: 'esxtop reference, section 3.4: QUEUE FULL',
    when: (row) => row.grown('queueFull') > 0,
    words: (row) =>
      `turned ${count(row.grown('queueFull'), 'command')} away (TASK SET FULL): lower queue depths, or spread hosts over ports`,
  },
  {
    name: 'link-down',
    scope: 'adapter',
    level: 2,
    source: 'stack-lower reference, 1.6: transport timers that drive path loss',
    when: (row) => row.now('linkUp') === 0,
    words: () =>
      'no link: its commands are retried for a while, then its paths are dead; check cable and switch',
  },
  {
    name: 'adapter-full',
    scope: 'adapter',
    level: 2,
    source: 'esxtop reference, section 4: adapter CMDS against AQLEN',
    when: (row) => row.now('queued') > 0 && row.now('active') >= row.now('slots'),
    words: (row) =>
      `adapter queue full (AQLEN ${row.now('slots')}): commands of all its devices wait; spread them over adapters`,
  },
  {
    name: 'path-degraded',
    scope: 'path',
    level: 1,
    source: 'stack-lower reference, 3.7: degraded paths',
    when: (row) => row.now('degraded') > 0,
    words: () => 'many errors for a working path: a bad cable, transceiver or port',
  },
  {
    name: 'congested',
    scope: 'sioc',
    level: 1,
    source: 'esxtop reference, section 3.4: Storage I/O Control',
    when: (row) => row.now('congested') > 0 && row.now('enabled') > 0,
    words: (row) =>
      `Storage I/O Control sees congestion: ${(row.now('latencyNs') / 1e6).toFixed(1)} ms of ${(row.now('thresholdNs') / 1e6).toFixed(1)} ms allowed, so hosts get a window of ${Math.round(row.now('window'))} commands`,
  },
];
