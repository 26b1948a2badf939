import { z } from 'zod';
import {
  bandwidth,
  duration,
  flag,
  integer,
  name,
  number,
  oneOrMore,
  part,
  readDuration,
  scalar,
  size,
  text,
  word,
} from './quantities.js';
import { diskModel } from './schema-models.js';

/** What a scenario may say of datastores and of the NFS servers some are on. */

export const nfsServer = z.strictObject({
  name,
  capacity: size('1GiB').default(16 * 1024 ** 4),
  threads: integer(1, 4096).default(64),
  disk: diskModel.default({ model: 'ssd' }),
  rtt: duration('1us', '1s').default(200e3),
  bandwidth: bandwidth.default(1.25e9),
  /** As arrays copy (model). */
  copyRate: bandwidth.default(4e9),
  /** The vendor's NAS plug-in is installed on the hosts. */
  plugin: flag.default(false),
  /** Each with a link of its own. */
  addresses: integer(1, 8).default(1),
  /** Largest READ and WRITE (rsize, wsize): 1 MB (stack-upper reference, section 9, from memory). */
  transfer: size('4KiB', '1MiB').default(1024 ** 2),
  /** NFS 4.1: calls of a session at once: as many as NFS 3 has RPC slots (same section). */
  slots: integer(1, 4096).default(64),
  /** NFS 4.1: typically 45 s to 90 s (stack-upper reference, section 10). */
  lease: duration('10s', '10m').default(90e9),
  grace: duration('0s', '10m').default(90e9),
});

const siocThreshold = scalar(
  'automatic, or a latency from 5ms to 100ms',
  (value): 'automatic' | number | undefined => {
    if (value === 'automatic') return value;
    const ns = readDuration(value) ?? 0;
    return ns >= 5e6 && ns <= 100e6 ? ns : undefined;
  },
);

/** `true`, or what is not as usual (stack-lower reference, 10.3). */
const sioc = z.preprocess(
  (value) => (value === true ? {} : value === false ? undefined : value),
  z
    .strictObject({
      threshold: siocThreshold.default(30e6),
      /** Automatic: the threshold is the latency at this part of peak throughput. */
      percentOfPeak: integer(50, 100).optional(),
      /** Measure, and leave the hosts' queues alone. */
      statisticsOnly: flag.default(false),
    })
    .optional(),
);

/** Thresholds in percent of the capacity: 75 and 85 (stack-upper reference, 8.2); the rest model. */
const alarms = z.strictObject({
  yellow: number(1, 100).default(75),
  red: number(1, 100).default(85),
  hysteresis: number(0, 20).default(2),
  refresh: duration('1s', '24h').default(20e9),
});

/** `low`, or what is not as usual (stack-upper reference, 8.1). */
const reclaim = z.preprocess(
  (value) => (typeof value === 'string' ? { priority: value } : value),
  z.strictObject({
    priority: word(['none', 'low', 'medium', 'high', 'fixed']).default('low'),
    /** Of priority fixed. */
    rate: bandwidth.optional(),
    /** How long a block is free before it is given back: 12 h to 24 h on hosts (from memory). */
    after: duration('0s', '7d').default(12 * 3600e9),
  }),
);

const version = scalar('3, 5 or 6 (VMFS), 3 or 4.1 (NFS)', (value): 3 | 4.1 | 5 | 6 | undefined =>
  ([3, 4.1, 5, 6] as const).find((known) => String(known) === String(value)),
);

export const datastore = z.strictObject({
  name,
  type: word(['vmfs', 'nfs']).optional(),
  version: version.optional(),
  /** `array1/lun0`, in order. */
  extents: oneOrMore(text).optional(),
  server: name.optional(),
  /** NFS only; a VMFS datastore is as large as its extents. */
  capacity: size('1GiB').optional(),
  /** Without it: every host that reaches it. */
  hosts: oneOrMore(name).optional(),
  used: part.default({ bytes: 0 }),
  /** Storage I/O Control. */
  sioc,
  alarms: alarms.optional(),
  /** VMFS: how hosts lock it. Without it: as a host would have formatted it. */
  locking: word(['ats-only', 'ats+scsi']).optional(),
  /** VMFS 6: automatic UNMAP. */
  reclaim: reclaim.optional(),
});
