import { z } from 'zod';
import { TRANSPORTS } from '../engine/operations/backup/transport.js';
import {
  blockSizes,
  duration,
  flag,
  integer,
  iopsOrNone,
  name,
  number,
  oneOrMore,
  part,
  scalar,
  shares,
  size,
  text,
  word,
} from './quantities.js';
import { readTiming } from './timing.js';

/** What a scenario may say of virtual machines: disks, guests, and what changes while they run. */

const copies = integer(1, 4096).optional();

const qosKeys = {
  shares: shares.optional(),
  reservation: iopsOrNone.optional(),
  limit: iopsOrNone.optional(),
};

const qos = z.strictObject(qosKeys);

const diskName = scalar('a disk: its number from 0, or its name such as scsi0:1', (value) =>
  typeof value === 'number' || typeof value === 'string' ? value : undefined,
);

export const disk = z.strictObject({
  count: copies,
  /** 2 GB to 62 TB is what ESXi offers; smaller ones are useful in drills. */
  size: size('1MiB', '62TiB').default(40 * 1024 ** 3),
  datastore: name.optional(),
  kind: word(['thin', 'lazyThick', 'eagerThick']).default('thin'),
  /** How much of a thin or lazy disk was written before the run. */
  written: part.default({ bytes: 0 }),
  qos: qos.default({}),
  /** Storage policy, by name. */
  policy: text.optional(),
  /** A LUN instead of files: `size`, `kind` and `written` mean nothing then. */
  rdm: z
    .strictObject({ lun: text, mode: word(['virtual', 'physical']).default('virtual') })
    .optional(),
});

/** fio's words for a job; every one may also come from a `profile`. */
const job = z.strictObject({
  profile: text.optional(),
  name: name.optional(),
  disk: diskName.default(0),
  rw: word(['read', 'write', 'randread', 'randwrite', 'rw', 'randrw', 'unmap']).optional(),
  rwmixread: integer(0, 100).optional(),
  /** Percentage of the writes that give blocks back instead. */
  trim_percentage: integer(0, 100).optional(),
  /** A SYNCHRONIZE CACHE follows so many writes. */
  fsync: integer(0, 1_000_000).optional(),
  bs: blockSizes.optional(),
  iodepth: integer(1, 4096).optional(),
  rate_iops: number(0, 10_000_000).optional(),
  /** Open arrivals: independent, or evenly spaced. */
  rate_process: word(['poisson', 'linear']).optional(),
  /** Open arrivals in bursts. */
  burst: z.strictObject({ count: integer(1, 4096), every: duration('1us', '1h') }).optional(),
  thinktime: duration('0s', '1h').optional(),
  zipf: number(0, 5).optional(),
  offset: part.optional(),
  size: part.optional(),
  start: duration().optional(),
  stop: duration().optional(),
  /** Check every read against what the job wrote. */
  verify: flag.default(false),
});

const workload = z.preprocess(
  (value) => (typeof value === 'string' ? { profile: value } : value),
  job,
);

const timing = scalar('original, asap, or a factor such as 2x', (value) => readTiming(value));

const replay = z.strictObject({
  /** File; relative paths start at the scenario's folder. */
  trace: text,
  timing: timing.default(1),
  /** In flight at once when as fast as possible. */
  iodepth: integer(1, 4096).default(32),
  /** Virtual disks the trace's units are mapped onto; without it all of the VM's. */
  disks: oneOrMore(integer(0, 63)).optional(),
});

export const vm = z.strictObject({
  name,
  count: copies,
  /** Configuration of a machine there is: memory, adapters and disks come from it. */
  vmx: text.optional(),
  /** One, or several that the copies take in turn. */
  host: oneOrMore(name).optional(),
  memory: size('4MiB', '24TiB').default(4 * 1024 ** 3),
  reserved: size('0B', '24TiB').default(0),
  /** Whether it runs from the start, or waits to be powered on. */
  power: word(['on', 'off']).default('on'),
  adapter: word(['pvscsi', 'lsilogic']).default('pvscsi'),
  /** Commands in each disk's queue; PVSCSI takes up to 254 (stack-upper 19). */
  queueDepth: integer(1, 254).optional(),
  /** For its disks; each may have its own. */
  ...qosKeys,
  /** Sets how long its disk driver waits for a command; without it, for ever. */
  guest: word(['linux', 'windows', 'tools']).optional(),
  /** Instead of the guest's own time; 0 is for ever. */
  diskTimeout: duration('0s', '1h').optional(),
  /** Datastore of the VM's files. */
  home: name.optional(),
  /** Datastore of disks that do not name one. */
  datastore: name.optional(),
  disks: z.array(disk).default([]),
  workloads: oneOrMore(workload).default([]),
  replay: replay.optional(),
});

const diskKind = word(['thin', 'lazyThick', 'eagerThick']);

const ofDisk = z.strictObject({ vm: text, disk: diskName.default(0) });

/** What an administrator has a host do; one thing at a time. */
export const operation = z.strictObject({
  at: duration(),
  /** A copy of a virtual disk as it is then, or as a snapshot keeps it. */
  clone: z
    .strictObject({
      vm: text,
      disk: diskName.default(0),
      snapshot: text.optional(),
      to: name,
      name,
      kind: diskKind.optional(),
    })
    .optional(),
  /** Changes of a virtual disk that belongs to a VM. */
  inflate: ofDisk.optional(),
  punchZero: ofDisk.optional(),
  extend: ofDisk.extend({ size: size('1MiB', '62TiB') }).optional(),
  rename: ofDisk.extend({ name }).optional(),
  migrate: ofDisk.extend({ to: name, kind: diskKind.optional() }).optional(),
  create: z
    .strictObject({
      datastore: name,
      name,
      size: size('1MiB', '62TiB'),
      kind: diskKind.default('eagerThick'),
    })
    .optional(),
  delete: z.strictObject({ datastore: name, name }).optional(),
  renameDisk: z.strictObject({ datastore: name, name, to: name }).optional(),
  /** The clone or migration of a disk that is under way is given up. */
  cancelDisk: ofDisk.optional(),
  /** Space of a VMFS datastore goes back to its arrays. */
  reclaim: name.optional(),
  /** Power operations of a VM. */
  power: z
    .strictObject({ vm: text, state: word(['on', 'off', 'suspended', 'template']) })
    .optional(),
  unmount: z.strictObject({ host: name, datastore: name }).optional(),
  mount: z.strictObject({ host: name, datastore: name }).optional(),
  /** A VMFS datastore takes what its extents have grown by; by way of a host. */
  growDatastore: z.strictObject({ datastore: name, host: name.optional() }).optional(),
  /** Another LUN, `array/lun`, becomes an extent. */
  extendDatastore: z.strictObject({ datastore: name, lun: text, host: name.optional() }).optional(),
  /** An array presents a snapshot of a LUN as another, whose `copyOf` it is. */
  presentSnapshot: z.strictObject({ lun: text, snapshot: name, to: text }).optional(),
  /** A host mounts the copy of a volume on such a LUN as it is, or with a signature of its own. */
  mountCopy: z.strictObject({ host: name, lun: text }).optional(),
  resignature: z.strictObject({ host: name, lun: text }).optional(),
  /** A host looks for paths again, and at capacities and volumes. */
  rescan: name.optional(),
  /** Another host takes the locks of a VM's files. */
  takeOver: z.strictObject({ vm: name, host: name }).optional(),
  /** Snapshots of a VM: one of create, revert, delete, deleteAll, consolidate. */
  snapshot: z
    .strictObject({
      vm: text,
      create: name.optional(),
      memory: flag.optional(),
      quiesce: flag.optional(),
      format: word(['vmfsSparse', 'seSparse']).optional(),
      revert: name.optional(),
      delete: name.optional(),
      deleteAll: flag.optional(),
      consolidate: flag.optional(),
    })
    .optional(),
  /** A backup is written back to its disk, whose VM is off, or to a new one. */
  restore: z
    .strictObject({
      vm: text,
      disk: diskName.default(0),
      backup: name.optional(),
      to: z.strictObject({ datastore: name, name }).optional(),
    })
    .optional(),
  /** Name of the VM whose backup, if one is under way, ends without one. */
  cancelBackup: text.optional(),
  /** Changed block tracking of a virtual disk, from then on. */
  track: z.strictObject({ vm: text, disk: diskName.default(0) }).optional(),
});

/** Backups of a VM's disks, or of one: once, or again and again. */
export const backup = z.strictObject({
  vm: text,
  disk: diskName.optional(),
  transport: word([...TRANSPORTS]).default('nbd'),
  at: duration(),
  every: duration('10ms').optional(),
  /** How many, with `every`; as many as the run has time for. */
  count: integer(1, 1000).optional(),
  /** Each so many backups a full one; without it only the first. */
  fullEvery: integer(1, 1000).optional(),
  quiesce: flag.default(false),
});

export const change = z.strictObject({
  at: duration(),
  /** Settings of virtual disks and pace of jobs: of which VMs; all disks and jobs unless named. */
  vm: oneOrMore(text).optional(),
  disk: oneOrMore(diskName).optional(),
  ...qosKeys,
  job: oneOrMore(text).optional(),
  iodepth: integer(1, 4096).optional(),
  thinktime: duration('0s', '1h').optional(),
  rate_iops: number(0.001, 10_000_000).optional(),
  /** Depth of devices: on which hosts; all that see them unless named. */
  host: oneOrMore(name).optional(),
  device: oneOrMore(text).optional(),
  queueDepth: integer(1, 4096).optional(),
  /** DSNRO, under esxcli's name; range of Disk.SchedNumReqOutstanding. */
  schedNumReqOutstanding: integer(1, 256).optional(),
  /** Perennially reserved: a rescan leaves it alone. */
  perennial: flag.optional(),
  /** Snapshots in the array, of LUNs named `array/lun`. */
  lun: oneOrMore(text).optional(),
  /** Size the array makes such a LUN. */
  growTo: size('1MiB', '64TiB').optional(),
  createSnapshot: name.optional(),
  deleteSnapshot: name.optional(),
});
