import type { Entities } from './kit/entities.js';
import { shownGroup } from './kit/field-groups.js';
import { above, gauge, host, labelled, named } from './kit/fields.js';
import type { Row } from './kit/row.js';
import { defineView, type Field } from './kit/view.js';

const SESSIONS = ['', 'up', 'LOST', 'RECLAIM'];
/** VMFS writes one every 3 s (stack-upper reference, 6.1), and has lost the volume after 16 s. */
const AGE_LIMITS = [8e9, 16e9] as const;

const SECOND = 1e9;
/** Ages above this are shown in whole seconds, others in hundredths. */
const ROUND_NS = 10 * SECOND;
const STEP_NS = SECOND / 100;
/** Value of the gauge `lost` of a host that has died. */
const DEAD = 2;

function ageNs(row: Row): number {
  const age = row.window.after.at - row.now('beatAt');
  const step = age < ROUND_NS ? STEP_NS : SECOND;
  return Math.round(age / step) * step;
}

function isNfs(row: Row): boolean {
  return row.label('type') === 'nfs';
}

function stateOf(row: Row): string {
  if (!(row.now('mounted') > 0)) return 'unmounted';
  if (row.now('lost') === DEAD) return 'DEAD';
  if (row.now('lost') > 0) return isNfs(row) ? 'STALE' : 'LOST';
  if (row.now('waiting') > 0) return 'waiting';
  return row.now('locks') > 0 ? 'in use' : 'idle';
}

/** `3`, or `3 -2` where the second of three is missing: bit 1 of the gauge. */
function extentsOf(row: Row): string {
  if (isNfs(row)) return '';
  const lost: number[] = [];
  for (let mask = row.now('missing'), extent = 1; mask > 0; extent++) {
    if (mask % 2 === 1) lost.push(extent);
    mask = Math.floor(mask / 2);
  }
  const all = String(row.now('extents'));
  return lost.length === 0 ? all : `${all} -${lost.join(',')}`;
}

function count(id: string, width: number, weight: number, field: string, help: string): Field {
  return gauge(id, width, weight, 'count', field, help);
}

/** I/Os of VMFS's own by what they are for; on the way they are commands like any other. */
function metadata(id: string, field: string, help: string): Field {
  const value = (row: Row): number => (isNfs(row) ? Number.NaN : row.rate(field));
  return { id, width: 7, weight: 4, format: 'fixed', help, value };
}

/** Gauges of the purposes; zeroing is no metadata. */
const PURPOSES = [
  'heartbeatIos',
  'lockIos',
  'bitmapIos',
  'pointerIos',
  'descriptorIos',
  'journalIos',
  'reserveIos',
];

/** Whether a host has a datastore of this version of NFS. */
function withNfs(version: string): (entities: Entities) => boolean {
  return (entities) =>
    entities
      .scope('mount')
      .some(({ labels }) => labels.type === 'nfs' && labels.version === version);
}

const [withLockFiles, withSessions] = [withNfs('3'), withNfs('4.1')];

export const locks = defineView({
  name: 'locks',
  key: '*',
  title: 'Locks and heartbeats',
  tab: 'Locks',
  summary:
    'heartbeat, locks, lock files and NFS session of each host on each datastore; metadata I/O by purpose',
  scope: 'mount',
  charts: ['LOCKS', 'META/s', 'MISSES', 'WAIT'],
  fieldGroups: [
    shownGroup('A', 'NAME = Datastore', ['DATASTORE']),
    shownGroup('B', 'TYPE = File System', ['TYPE', 'VER']),
    shownGroup('C', 'STATE = Host and State', ['HOST', 'STATE']),
    shownGroup('D', 'HEARTBEAT = Heartbeat', ['SLOT', 'AGE', 'BEATS', 'MISSES']),
    shownGroup('E', 'LOCKS = Locks', [
      'LOCKS',
      'LCKFILE',
      'TAKEN',
      'MISCOMP',
      'RESVCONF',
      'RETRIES',
      'WAIT',
      'BROKEN',
    ]),
    shownGroup('F', 'METADATA = Metadata I/O by Purpose', [
      'META/s',
      'HB/s',
      'LOCK/s',
      'BMAP/s',
      'PTR/s',
      'FDESC/s',
      'JRNL/s',
      'RESV/s',
      'ZERO/s',
    ]),
    shownGroup('G', 'SESSION = NFS Session', ['SESSION', 'SLOTS', 'LEASE']),
  ],
  fields: [
    { ...named('DATASTORE', 14, 'datastore'), stays: true },
    { ...host, weight: 0 },
    labelled('TYPE', 4, 3, 'type', 'vmfs or nfs'),
    labelled('VER', 3, 3, 'version', 'generation of VMFS, or version of NFS'),
    {
      id: 'STATE',
      width: 9,
      weight: 0,
      format: 'text',
      help: 'idle, in use, waiting for a lock; LOST: no heartbeat; STALE: locks may be taken; DEAD host',
      value: stateOf,
      level: (value) => (['LOST', 'STALE', 'DEAD'].includes(String(value)) ? 2 : 0),
    },
    {
      id: 'EXTENTS',
      width: 7,
      weight: 2,
      format: 'text',
      help: 'extents of the volume; those the host has lost, by number, the head is 1: 3 -2',
      value: extentsOf,
      number: (row) => row.now('missing'),
      level: (_value, row) => (row.now('missing') > 0 ? 2 : 0),
    },
    count('SLOT', 4, 4, 'slot', 'slot of the host in the heartbeat region of VMFS'),
    {
      id: 'AGE',
      width: 7,
      weight: 0,
      format: 'duration',
      help: 'time since the last heartbeat (VMFS), or the last answer of the server',
      value: ageNs,
      level: (value, row) => (isNfs(row) ? 0 : above(...AGE_LIMITS)(value, row)),
    },
    count('BEATS', 6, 5, 'beats', 'heartbeats so far; NFS: questions and lock files written'),
    {
      ...count('MISSES', 6, 1, 'misses', 'heartbeats that failed or came late'),
      level: above(1, 3),
    },
    count('LOCKS', 5, 0, 'locks', 'files the host has the lock of'),
    {
      ...count('LCKFILE', 7, 2, 'lockFiles', 'lock files (.lck) of NFS 3'),
      shown: withLockFiles,
    },
    count('TAKEN', 6, 2, 'taken', 'lock blocks set: locks taken and given up'),
    {
      ...count('MISCOMP', 7, 1, 'miscompares', 'ATS that found another value: somebody was faster'),
      level: above(1, 100),
    },
    {
      ...count('RESVCONF', 8, 1, 'conflicts', 'lock writes that met a SCSI reservation'),
      level: above(1, 100),
    },
    count('RETRIES', 7, 2, 'retries', 'lock writes made again'),
    count('WAIT', 4, 1, 'waiting', 'files it waits for the lock of'),
    count('BROKEN', 6, 1, 'broken', 'locks of dead hosts it has broken'),
    {
      id: 'META/s',
      width: 7,
      weight: 3,
      format: 'fixed',
      help: "metadata: all I/Os of the file system's own per second",
      value: (row) =>
        isNfs(row) ? Number.NaN : PURPOSES.reduce((sum, field) => sum + row.rate(field), 0),
    },
    metadata('HB/s', 'heartbeatIos', 'metadata: heartbeat slots read and written per second'),
    metadata('LOCK/s', 'lockIos', 'metadata: locks of files and resource clusters per second'),
    metadata('BMAP/s', 'bitmapIos', 'metadata: bitmaps of resource clusters per second'),
    metadata('PTR/s', 'pointerIos', 'metadata: pointer blocks read and written per second'),
    metadata('FDESC/s', 'descriptorIos', 'metadata: file descriptors, directories per second'),
    metadata('JRNL/s', 'journalIos', 'metadata: journal records per second'),
    metadata('RESV/s', 'reserveIos', 'RESERVE and RELEASE per second, without ATS'),
    metadata('ZERO/s', 'zeroIos', 'blocks zeroed per second before their first write'),
    {
      id: 'SESSION',
      width: 7,
      weight: 1,
      format: 'text',
      help: 'session of NFS 4.1: up, LOST (a new one is made), RECLAIM (files are claimed again)',
      value: (row) => SESSIONS[row.now('session')] ?? '',
      level: (value) => (value === 'LOST' || value === 'RECLAIM' ? 1 : 0),
      shown: withSessions,
    },
    {
      id: 'SLOTS',
      width: 7,
      weight: 3,
      format: 'text',
      help: 'slots of the session in use, of all',
      value: (row) => (row.now('slots') > 0 ? `${row.now('slotsUsed')}/${row.now('slots')}` : ''),
      number: (row) => row.now('slotsUsed'),
      shown: withSessions,
    },
    {
      ...gauge('LEASE', 8, 2, 'duration', 'leaseNs', 'time left of the lease of NFS 4.1'),
      shown: withSessions,
    },
  ],
});
