import { BLOCK_BYTES } from '../core/io.js';
import { TRANSPORTS } from '../operations/backup/transport.js';
import { PHASES, RESULTS } from '../simulation/backups/meter.js';
import { above, gauge, host, named } from './kit/fields.js';
import { defineView } from './kit/view.js';

const MB = 1024 * 1024;
/** A guess is not told in microseconds. */
const STEP_NS = 10e6;
const ENDINGS: Readonly<Record<number, string>> = {
  [RESULTS.good]: 'good',
  [RESULTS.failed]: 'FAILED',
  [RESULTS.cancelled]: 'cancelled',
};
const LEVELS: Readonly<Record<number, 0 | 1 | 2>> = { [RESULTS.failed]: 2, [RESULTS.cancelled]: 1 };

export const backup = defineView({
  name: 'backup',
  key: '&',
  title: 'Backups',
  tab: 'Backup',
  summary:
    'backups of virtual disks: what is being read and how, how fast, and how the last one ended',
  scope: 'backup',
  empty: 'no virtual disk has been backed up; ctrl+o on a virtual disk does so',
  charts: ['MBREAD/s', '%DONE', 'NETMB/s'],
  fields: [
    named('VMDK', 18, 'virtual disk'),
    host,
    {
      id: 'TRANSPORT',
      width: 9,
      weight: 1,
      format: 'text',
      help: 'how it is read: san, hotadd, nbd, nbdssl; of the last backup',
      value: (row) => TRANSPORTS[row.now('transport')] ?? '',
    },
    {
      id: 'PHASE',
      width: 9,
      weight: 0,
      format: 'text',
      help: 'snapshot, reading, deleting the snapshot, or restoring; waiting for other disks; stopping: it was cancelled',
      value: (row) => PHASES[row.now('phase')] ?? '',
    },
    {
      id: '%DONE',
      width: 5,
      weight: 0,
      format: 'percent',
      help: 'of what is to be read',
      value: (row) => (row.now('phase') > 0 ? 100 * row.now('progress') : Number.NaN),
    },
    gauge('TOREAD', 8, 0, 'blocks', 'toReadBlocks', 'changed areas (all it holds in a full one)'),
    {
      id: 'MBREAD/s',
      width: 8,
      weight: 0,
      format: 'fixed',
      help: 'MB read per second',
      value: (row) => (row.rate('readBlocks') * BLOCK_BYTES) / MB,
      sort: 'r',
    },
    {
      id: 'LEFT',
      width: 8,
      weight: 0,
      format: 'duration',
      help: 'time the rest takes at this pace',
      value: (row) => Math.ceil(row.now('leftNs') / STEP_NS) * STEP_NS,
    },
    gauge('READ', 9, 2, 'blocks', 'readBlocks', 'read by all its backups'),
    gauge('RESTORED', 9, 3, 'blocks', 'writtenBlocks', 'written by restores'),
    {
      ...gauge('RETRY', 5, 2, 'count', 'retries', 'reads that failed and were sent again'),
      level: above(1, 100),
    },
    {
      id: 'NETMB/s',
      width: 8,
      weight: 2,
      format: 'fixed',
      help: "MB per second on the host's management network, of all backups (nbd, nbdssl)",
      value: (row) => row.rate('networkBytes') / MB,
    },
    {
      id: '%CPU',
      width: 5,
      weight: 3,
      format: 'percent',
      help: 'of one core of the host, for sending (nbd, nbdssl)',
      value: (row) => (100 * row.rate('cpuNs')) / 1e9,
    },
    gauge('POINTS', 6, 1, 'count', 'points', 'backups it can be restored from'),
    {
      id: 'LAST',
      width: 9,
      weight: 0,
      format: 'text',
      help: 'how the last backup or restore ended: good, FAILED, cancelled',
      value: (row) => ENDINGS[row.now('result')] ?? '',
      level: (_value, row) => LEVELS[row.now('result')] ?? 0,
    },
  ],
});
