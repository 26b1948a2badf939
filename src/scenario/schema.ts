import { z } from 'zod';
import {
  bandwidth,
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
import { datastore, nfsServer } from './schema-datastores.js';
import { backup, change, disk, operation, vm } from './schema-machines.js';
import { diskModel, setting } from './schema-models.js';

/**
 * What a scenario file may say. Shapes, ranges and defaults are here; what refers to what is checked
 * by the planner (`plan/`). Numbers without a source in a comment are *model*: our choice.
 */

/** Settings of a model, a fault or a policy; the catalogue's own description checks them. */
const settings = z.record(z.string(), setting);

const transport = word(['fc', 'iscsi', 'sas', 'nvme']);
const access = word(['alua', 'active-active', 'active-passive']);
const copies = integer(1, 4096).optional();

const raidLevel = scalar('one of 0, 1, 5, 6, 10', (value) =>
  [0, 1, 5, 6, 10].find((level) => String(level) === String(value)),
);

const pool = z.strictObject({
  name: name.default('pool1'),
  disk: diskModel.default({ model: 'ssd' }),
  disks: integer(1, 4096).default(8),
  raid: raidLevel.default(0),
  /** Data on one disk before the next disk's turn. */
  stripe: size('64KiB', '16MiB').optional(),
  spares: integer(0, 64).default(1),
  rebuildRate: bandwidth.default(100 * 1024 * 1024),
  /** Without it: as much as its LUNs need. */
  capacity: size('1GiB').optional(),
  softThreshold: part.default({ fraction: 0.8 }),
});

/** `memory`, or `{ file: PATH, ifExists: open }`. */
const content = z.preprocess(
  (value) => (typeof value === 'string' ? { keep: value } : value),
  z.strictObject({
    keep: word(['none', 'stamps', 'memory', 'file']).default('file'),
    /** Without it: `array-lun.img` in the folder vmtop runs in. */
    file: text.optional(),
    ifExists: word(['fail', 'open', 'replace']).default('fail'),
  }),
);

const lun = z.strictObject({
  name: name.default('lun'),
  count: copies,
  number: integer(0, 1023).optional(),
  pool: name.optional(),
  size: size('1MiB', '64TiB').default(1024 ** 4),
  thin: flag.default(false),
  /** LUN of the same array, named before it, of which it presents a snapshot later; as large as that. */
  copyOf: name.optional(),
  /** What it keeps of what is written to it. */
  content: content.optional(),
  /** Controller letter; without it the LUNs take turns. */
  owner: scalar('a controller, A to H', (value) =>
    typeof value === 'string' && /^[A-H]$/.test(value) ? value : undefined,
  ).optional(),
});

const vaai = z.strictObject({
  ats: flag.default(true),
  clone: flag.default(true),
  zero: flag.default(true),
  unmap: flag.default(true),
});

/** `true`, or the link over which two controllers mirror what is written. */
const mirror = z.preprocess(
  (value) => (value === true ? {} : value === false ? undefined : value),
  z
    .strictObject({
      latency: duration('0s', '1s').default(20e3),
      bandwidth: bandwidth.default(4 * 1024 ** 3),
    })
    .optional(),
);

const array = z.strictObject({
  name,
  kind: word(['array', 'jbod', 'scale-out']).default('array'),
  vendor: text.default('VMTOP'),
  product: text.default('VIRTUAL ARRAY'),
  transport: transport.default('fc'),
  controllers: integer(1, 8).default(2),
  /** Per controller. */
  ports: integer(1, 16).default(2),
  access: access.default('alua'),
  /** How states of an `alua` array change: by itself, by the hosts' command, or both ways. */
  tpgs: word(['implicit', 'explicit', 'both']).default('both'),
  transition: duration('0s', '10m').default(2e9),
  cache: size('0B', '4TiB').default(1024 ** 3),
  mirror,
  vaai: vaai.default({ ats: true, clone: true, zero: true, unmap: true }),
  /** Model: a controller copies in its memory what a host would carry over the fabric twice. */
  copyRate: bandwidth.default(4e9),
  portQueueDepth: integer(1, 65536).default(2048),
  pools: z
    .array(pool)
    .min(1)
    .default([pool.parse({})]),
  luns: z.array(lun).min(1, 'expected at least one LUN'),
});

/** `deadline`, or `{ order: deadline, fifoBatch: 8 }`. */
const order = z.preprocess(
  (value) => (typeof value === 'string' ? { order: value } : value),
  z.object({ order: text }).catchall(setting),
);

/** `true`, or limits of what contiguous waiting commands are merged into. */
const merge = z.preprocess(
  (value) => (value === true ? {} : value === false ? undefined : value),
  z
    .strictObject({
      maxSize: size('4KiB', '32MiB').optional(),
      segments: integer(1, 254).optional(),
    })
    .optional(),
);

/** Interrupts: at once when idle (adaptive), or when so many answers wait or one so long. */
const coalesce = z.strictObject({
  adaptive: flag.default(false),
  time: duration('0s', '10ms'),
  count: integer(1, 1024).default(16),
});

/** `1077:2532`, or `144d:a80a/0108` with its class. */
const pciDevice = scalar(
  'a PCI device such as 1077:2532, or 144d:a80a/0108 with its class',
  (value) => {
    const match = /^([0-9a-f]{4}):([0-9a-f]{4})(?:\/([0-9a-f]{4}))?$/.exec(String(value));
    if (match === null) return undefined;
    const [, vendor = '', device = '', classCode] = match;
    return classCode === undefined ? { vendor, device } : { vendor, device, classCode };
  },
);

const pciSlot = scalar('a PCI address such as 0000:3b:00.0', (value) =>
  /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(String(value)) ? String(value) : undefined,
);

const adapter = z.strictObject({
  name: name.optional(),
  count: copies,
  /** A driver by name, or the one that binds to a PCI device. */
  driver: text.optional(),
  pci: pciDevice.optional(),
  /** PCI address; an adapter without a name is called after it, and keeps the name. */
  slot: pciSlot.optional(),
  transport: transport.optional(),
  aqlen: integer(1, 65536).optional(),
  lunQueueDepth: integer(1, 4096).optional(),
  order: order.default({ order: 'none' }),
  merge,
  coalesce: coalesce.optional(),
  /** Of the driver's protocol: `deviceLoss`, `nopTimeout`, ... */
  timers: settings.default({}),
  linkLatency: duration('0s', '1s').optional(),
  linkBandwidth: bandwidth.optional(),
  /** `array1`, `array1:A` or `array1:A1`; without it every port of the transport. */
  targets: oneOrMore(text).optional(),
});

const localDisk = z.strictObject({
  name: name.default('disk'),
  count: copies,
  disk: diskModel.default({ model: 'ssd' }),
  size: size('1GiB', '64TiB').default(1024 ** 4),
  transport: word(['sas', 'nvme']).optional(),
});

const host = z.strictObject({
  name: name.default('esx'),
  count: copies,
  settings: settings.default({}),
  /** Without them: what the arrays' transports need. */
  adapters: z.array(adapter).optional(),
  /** Of the network that backups go over. */
  managementBandwidth: bandwidth.optional(),
  localDisks: z.array(localDisk).default([]),
});

const claimRule = z.strictObject({
  number: integer(101, 65535),
  vendor: text.default('*'),
  model: text.default('*'),
  transport: word(['fc', 'iscsi', 'sas', 'nvme', '*']).default('*'),
  /** NMP, HPP, MASK_PATH, or a plug-in from outside. */
  plugin: text.default('NMP'),
  satp: text.optional(),
  satpParams: settings.optional(),
  /** Policy of NMP. */
  psp: text.optional(),
  /** Scheme of HPP. */
  pss: text.optional(),
  /** Of HPP: a device faster than this passes the I/O scheduler by. */
  latencyThreshold: duration('1us', '10s').optional(),
  /** Settings of the policy, the scheme, or the plug-in from outside. */
  params: settings.optional(),
});

/** Of I/O filter style, for virtual disks. */
const policy = z.strictObject({
  name: text,
  shares: shares.default(1000),
  reservation: iopsOrNone.default(0),
  limit: iopsOrNone.default(0),
  /** What the storage has to be like, for the compliance check. */
  require: z
    .strictObject({
      thin: flag.optional(),
      disk: text.optional(),
      redundant: flag.optional(),
      protected: flag.optional(),
      offload: flag.optional(),
      health: word(['green', 'yellow']).optional(),
    })
    .optional(),
});

const fault = z.strictObject({
  /** With a rate: between these two times; else it happens once. */
  at: duration().optional(),
  until: duration().optional(),
  /** Times per minute, at random. */
  rate: number(0.001, 600).optional(),
  /** How long it lasts, each time. */
  for: duration('1ms').optional(),
  fault: text,
  target: text,
  params: settings.default({}),
});

const bound = scalar('a number, or a time with its unit', (value) =>
  typeof value === 'number' || typeof value === 'string' ? value : undefined,
);

const expectation = z.strictObject({
  text: text.optional(),
  metric: word(['errors', 'iops', 'meanLatency', 'p95Latency', 'inFlight']).optional(),
  event: text.optional(),
  count: text.optional(),
  vms: oneOrMore(text).optional(),
  from: duration().optional(),
  to: duration().optional(),
  object: text.optional(),
  after: text.optional(),
  min: bound.optional(),
  max: bound.optional(),
});

export const scenarioSchema = z.strictObject({
  name: name.optional(),
  title: text.optional(),
  summary: text.default(''),
  seed: integer(0, 0xffffffff).default(1),
  duration: duration('1ms').default(60e9),
  arrays: z.array(array).default([]),
  nfsServers: z.array(nfsServer).default([]),
  hosts: z.array(host).min(1, 'expected at least one host'),
  claimRules: z.array(claimRule).default([]),
  datastores: z.array(datastore).min(1, 'expected at least one datastore'),
  policies: z.array(policy).default([]),
  vms: z.array(vm).min(1, 'expected at least one VM'),
  faults: z.array(fault).default([]),
  changes: z.array(change).default([]),
  operations: z.array(operation).default([]),
  backups: z.array(backup).default([]),
  narrative: z.array(z.strictObject({ at: duration(), text })).default([]),
  expect: z.array(expectation).default([]),
});

/** A scenario whose shape is right; names are not yet looked up. */
export type Scenario = z.output<typeof scenarioSchema>;
export type ArrayText = Scenario['arrays'][number];
export type HostText = Scenario['hosts'][number];
export type ClaimRuleText = Scenario['claimRules'][number];
export type AdapterText = z.output<typeof adapter>;
export type DatastoreText = Scenario['datastores'][number];
export type VmText = Scenario['vms'][number];
export type DiskText = VmText['disks'][number];
export type ChangeText = Scenario['changes'][number];
export type OperationText = Scenario['operations'][number];
export type JobText = VmText['workloads'][number];
export type ExpectationText = Scenario['expect'][number];
export type ModelText = z.output<typeof diskModel>;

/** The adapter's defaults, for adapters a host gets without naming them. */
export const readAdapter = (driver: string): AdapterText => adapter.parse({ driver });
export const readDisk = (): DiskText => disk.parse({});
