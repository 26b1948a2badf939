import { z } from 'zod';
import { TRANSPORTS } from '../../engine/operations/backup/transport.js';

/** Version of the file format; a file of a later one is refused. */
export const SESSION_VERSION = 1;

const nanoseconds = z.int().min(0);
const name = z.string().min(1);
const onOff = z.enum(['on', 'off']);
const count = z.int().min(0);

const qos = z.strictObject({
  shares: z.number().min(0).optional(),
  reservation: z.number().min(0).optional(),
  limit: z.number().min(0).optional(),
});

const pace = z.strictObject({
  iodepth: count.optional(),
  thinkNs: nanoseconds.optional(),
  rateIops: z.number().min(0).optional(),
});

/** When a command came, and whether it took another one back. */
const timed = { atNs: nanoseconds, undo: z.literal(true).optional() };

const diskKind = z.enum(['thin', 'lazyThick', 'eagerThick']);

const ofSnapshots = { ...timed, kind: z.literal('snapshot'), vm: name };

const ofDisks = { ...timed, kind: z.literal('alterDisk'), disk: count };

const alterDisk = z.discriminatedUnion('action', [
  z.strictObject({ ...ofDisks, action: z.enum(['inflate', 'punchZero']) }),
  z.strictObject({ ...ofDisks, action: z.literal('extend'), sizeBytes: count }),
  z.strictObject({ ...ofDisks, action: z.literal('rename'), name }),
  z.strictObject({
    ...ofDisks,
    action: z.literal('migrate'),
    datastore: name,
    diskKind: diskKind.optional(),
  }),
]);

const snapshot = z.discriminatedUnion('action', [
  z.strictObject({
    ...ofSnapshots,
    action: z.literal('create'),
    snapshot: name,
    memory: z.boolean().optional(),
    quiesce: z.boolean().optional(),
    format: z.enum(['vmfsSparse', 'seSparse']).optional(),
  }),
  z.strictObject({ ...ofSnapshots, action: z.enum(['revert', 'delete']), snapshot: name }),
  z.strictObject({ ...ofSnapshots, action: z.enum(['deleteAll', 'consolidate']) }),
]);

/** The commands of `engine/plan/commands.ts`, each with its instant. */
const command = z.discriminatedUnion('kind', [
  z.strictObject({
    ...timed,
    kind: z.literal('inject'),
    fault: name,
    target: name,
    params: z.record(z.string(), z.number()),
  }),
  z.strictObject({ ...timed, kind: z.literal('heal'), id: count }),
  z.strictObject({ ...timed, kind: z.literal('qos'), disk: count, qos }),
  z.strictObject({ ...timed, kind: z.literal('pace'), job: name, pace }),
  z.strictObject({
    ...timed,
    kind: z.literal('depth'),
    host: name,
    device: name,
    dqlen: count.optional(),
    dsnro: count.optional(),
  }),
  z.strictObject({
    ...timed,
    kind: z.literal('answer'),
    vm: name,
    answer: z.enum(['retry', 'cancel']),
  }),
  z.strictObject({
    ...timed,
    kind: z.literal('power'),
    vm: name,
    state: z.enum(['on', 'off', 'suspended', 'template']),
  }),
  z.strictObject({ ...timed, kind: z.literal('path'), host: name, path: name, state: onOff }),
  z.strictObject({ ...timed, kind: z.literal('rank'), host: name, path: name, rank: count }),
  z.strictObject({ ...timed, kind: z.literal('device'), host: name, device: name, state: onOff }),
  z.strictObject({
    ...timed,
    kind: z.literal('perennial'),
    host: name,
    device: name,
    state: onOff,
  }),
  z.strictObject({ ...timed, kind: z.literal('rescan'), host: name }),
  z.strictObject({
    ...timed,
    kind: z.literal('clone'),
    disk: count,
    snapshot: name.optional(),
    datastore: name,
    name,
    diskKind: diskKind.optional(),
  }),
  z.strictObject({ ...timed, kind: z.literal('cancelDisk'), disk: count }),
  z.strictObject({ ...timed, kind: z.literal('renameDisk'), datastore: name, name, to: name }),
  z.strictObject({
    ...timed,
    kind: z.literal('createDisk'),
    datastore: name,
    name,
    sizeBytes: count,
    diskKind,
  }),
  alterDisk,
  z.strictObject({ ...timed, kind: z.literal('deleteDisk'), datastore: name, name }),
  z.strictObject({ ...timed, kind: z.literal('reclaim'), datastore: name }),
  z.strictObject({
    ...timed,
    kind: z.literal('mount'),
    host: name,
    datastore: name,
    state: onOff,
  }),
  z.strictObject({ ...timed, kind: z.literal('refresh'), datastore: name }),
  z.strictObject({ ...timed, kind: z.literal('takeOver'), vm: name, host: name }),
  z.strictObject({
    ...timed,
    kind: z.literal('lun-snapshot'),
    lun: name,
    action: z.enum(['create', 'delete']),
    snapshot: name,
  }),
  z.strictObject({
    ...timed,
    kind: z.literal('presentSnapshot'),
    lun: name,
    snapshot: name,
    to: name,
  }),
  z.strictObject({ ...timed, kind: z.literal('mountCopy'), host: name, lun: name }),
  z.strictObject({ ...timed, kind: z.literal('resignature'), host: name, lun: name }),
  z.strictObject({ ...timed, kind: z.literal('growLun'), lun: name, sizeBytes: count }),
  z.strictObject({
    ...timed,
    kind: z.literal('growDatastore'),
    datastore: name,
    host: name.optional(),
  }),
  z.strictObject({
    ...timed,
    kind: z.literal('extendDatastore'),
    datastore: name,
    lun: name,
    host: name.optional(),
  }),
  snapshot,
  z.strictObject({
    ...timed,
    kind: z.literal('backup'),
    vm: name,
    disk: count.optional(),
    transport: z.enum(TRANSPORTS),
    mode: z.enum(['full', 'incremental']),
    quiesce: z.boolean().optional(),
  }),
  z.strictObject({ ...timed, kind: z.literal('cancelBackup'), vm: name }),
  z.strictObject({
    ...timed,
    kind: z.literal('restore'),
    disk: count,
    backup: name.optional(),
    to: z.strictObject({ datastore: name, name }).optional(),
  }),
  z.strictObject({ ...timed, kind: z.literal('track'), disk: count, state: onOff }),
]);

const branch = z.strictObject({
  name: z.string().regex(/^[A-Z]$/, 'expected a letter, A to Z'),
  /** The branch this one left, and when; the first one has none. */
  parent: z.string().optional(),
  forkNs: nanoseconds.optional(),
  /** How far it had got, and the digest of all completions up to there. */
  endNs: nanoseconds,
  digest: z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 hexadecimal digits'),
  commands: z.array(command),
});

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');

/** A replay of a trace: what `vmtop replay` was asked for. */
const replay = z.strictObject({
  trace: name,
  scenario: name.optional(),
  scale: z.number().min(0).optional(),
  iodepth: count.optional(),
  disks: count.optional(),
  seed: count.optional(),
  durationNs: nanoseconds.optional(),
});

export const sessionSchema = z.strictObject({
  vmtopSession: z.literal(SESSION_VERSION),
  /** Name of a bundled scenario, or a file; relative to the session's own folder. */
  scenario: name,
  /** SHA-256 of the scenario's text and of the traces it plays. */
  sha256: hash,
  seed: z.int().min(0).max(0xffffffff),
  replay: replay.optional(),
  /** The branch that is gone on with. */
  current: z.string(),
  branches: z.array(branch).min(1).max(26),
});

export type SessionText = z.infer<typeof sessionSchema>;
