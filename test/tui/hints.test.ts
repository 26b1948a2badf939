/**
 * Each rule on a window made for it, and on the same window with one thing put right. Thresholds and
 * readings: esxtop reference, sections 3.4 and 4. Then the drills, which tell what is wrong themselves.
 */
import { describe, expect, test } from 'vitest';
import type { EntityInfo } from '../../src/engine/core/meters.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import type { Window } from '../../src/engine/views/kit/row.js';
import { noticeRow } from '../../src/tui/frame-rows.js';
import { hintFor, hintRow, hintRows, hintsOf, rules } from '../../src/tui/hints/index.js';
import { renderScreen } from '../../src/tui/panels/index.js';
import { initialState } from '../../src/tui/state.js';
import { bare } from '../../src/tui/text.js';
import { makeTheme } from '../../src/tui/theme.js';
import { SimulatedWorld } from './world.js';

interface Thing {
  readonly scope: string;
  readonly name: string;
  readonly labels?: Record<string, string>;
  /** A number is a gauge, the same at both ends; a pair is before and after. */
  readonly fields: Record<string, number | readonly [number, number]>;
}

/** One second between two samples. */
function windowOf(things: readonly Thing[]): Window {
  const before: number[] = [];
  const after: number[] = [];
  const infos = things.map(({ scope, name, labels = {}, fields }, index): EntityInfo => {
    const base = before.length;
    for (const value of Object.values(fields)) {
      const [from, to] = typeof value === 'number' ? [value, value] : value;
      before.push(from);
      after.push(to);
    }
    return { index, scope, name, labels, fields: Object.keys(fields), base, histogram: -1 };
  });
  const sample = (at: number, values: readonly number[]) => ({
    at,
    values: Float64Array.from(values),
    histograms: new Uint32Array(0),
  });
  return { entities: new Entities(infos), before: sample(1e9, before), after: sample(2e9, after) };
}

const MS = 1e6;

/** A device that served 100 reads in the window; latencies in ms. */
function device(
  gavg: number,
  davg: number,
  qavg: number,
  fields: Thing['fields'] = {},
  others: readonly Thing[] = [],
): Thing[] {
  const none = { writes: 0, others: 0, writeNs: 0, otherNs: 0, deviceWriteNs: 0, deviceOtherNs: 0 };
  const own = {
    ...none,
    queueWriteNs: 0,
    queueOtherNs: 0,
    reads: [0, 100],
    readNs: [0, gavg * 100 * MS],
    deviceReadNs: [0, davg * 100 * MS],
    queueReadNs: [0, qavg * 100 * MS],
    state: 0,
    active: 4,
    queued: 0,
    slots: 32,
    configuredDepth: 32,
    fullDepth: 0,
    siocDepth: 0,
    competing: 0,
    retries: 0,
    conflicts: 0,
    ats: 0,
    atsFailed: 0,
    finished: [0, 100],
    ...fields,
  } as const;
  return [{ scope: 'device', name: 'naa.1', labels: { host: 'esx1' }, fields: own }, ...others];
}

const client = (vm: string, units: number, limitedNs = 0): Thing => ({
  scope: 'client',
  name: `${vm}:scsi0:0 on naa.1`,
  labels: { host: 'esx1', device: 'naa.1', vm, disk: 'scsi0:0' },
  fields: {
    reads: [0, 100],
    writes: 0,
    others: 0,
    readNs: [0, 100 * MS],
    writeNs: 0,
    otherNs: 0,
    units: [0, units],
    limitedNs: [0, limitedNs],
    limit: 400,
  },
});

const path = (name: string, state: number, degraded = 0): Thing => ({
  scope: 'path',
  name,
  labels: { host: 'esx1', device: 'naa.1' },
  fields: { state, degraded },
});

const one = (scope: string, fields: Thing['fields'], labels = {}): Thing[] => [
  { scope, name: `${scope}1`, labels, fields },
];

/** A virtual disk with 100 reads of `ms`; its client at the device had 1 ms. */
const disk = (ms: number, fields: Thing['fields'] = {}): Thing[] => [
  {
    scope: 'disk',
    name: 'web1:scsi0:0',
    labels: { host: 'esx1', vm: 'web1' },
    fields: {
      reads: [0, 100],
      writes: 0,
      others: 0,
      readNs: [0, ms * 100 * MS],
      writeNs: 0,
      otherNs: 0,
      active: 4,
      queued: 0,
      slots: 64,
      aborts: 0,
      resets: 0,
      firstWrites: 0,
      ...fields,
    },
  },
  client('web1', 100),
];

const FULL = { active: 32, queued: 10 };
const NOT_FULL = { active: 20, queued: 10 };
const DSNRO = { ...FULL, configuredDepth: 64, competing: 1 };

/** Rule, a window with the anomaly, words that must be said, the same without it. */
const CASES: readonly (readonly [string, Thing[], RegExp, Thing[]])[] = [
  [
    'queue-full',
    device(12, 2, 9, FULL),
    /device queue full \(DQLEN 32\)/,
    device(12, 2, 9, NOT_FULL),
  ],
  ['competing-worlds', device(12, 2, 9, DSNRO), /32 of 64 \(DSNRO\)/, device(2.5, 2, 0.4, DSNRO)],
  [
    'noisy-neighbour',
    device(12, 2, 9, FULL, [client('noisy', 900), client('quiet', 100)]),
    /^noisy does 90% of the work/,
    device(12, 2, 9, FULL, [client('one', 500), client('two', 500)]),
  ],
  [
    'throttled-by-array',
    device(5, 4, 0, { configuredDepth: 64, fullDepth: 16 }),
    /depth is 16 of 64/,
    device(5, 4, 0, { configuredDepth: 64, fullDepth: 64 }),
  ],
  ['slow-below', device(31, 30, 0), /DAVG 30\.0 ms .*fabric or array/, device(20, 19, 0)],
  [
    'kernel-not-queue',
    device(12, 2, 0.1, { retries: [3, 8] }),
    /KAVG 10\.0 ms .*sent 5 commands again/,
    device(3, 2, 0.1, { retries: [3, 8] }),
  ],
  ['no-answers', device(0, 0, 0, { finished: 50 }), /none comes back/, device(1, 1, 0)],
  ['device-lost', device(1, 1, 0, { state: 1 }), /all paths are down \(APD\)/, device(1, 1, 0)],
  ['device-lost', device(1, 1, 0, { state: 3 }), /PDL/, device(1, 1, 0, { state: 4 })],
  [
    'paths-dead',
    device(1, 1, 0, {}, [path('p1', 3), path('p2', 0)]),
    /1 of 2 paths dead/,
    device(1, 1, 0, {}, [path('p1', 4), path('p2', 0)]),
  ],
  [
    'conflicts',
    device(1, 1, 0, { conflicts: [0, 25] }),
    /reservation conflicts/,
    device(1, 1, 0, { conflicts: [0, 5] }),
  ],
  [
    'ats-failed',
    device(1, 1, 0, { ats: [0, 10], atsFailed: [0, 5] }),
    /ATS fails/,
    device(1, 1, 0, { ats: [0, 100], atsFailed: [0, 1] }),
  ],
  ['stunned', one('vm', { stunned: 1 }), /no space left/, one('vm', { stunned: 0 })],
  ['ring-full', disk(1, { active: 64, queued: 3 }), /3 commands wait in the guest/, disk(1)],
  ['above-device', disk(30), /slow above the device: look at ring/, disk(1.5)],
  ['above-device', disk(30, { firstWrites: [0, 9] }), /first writes/, disk(1.5)],
  ['guest-aborts', disk(1, { aborts: [1, 17] }), /gave 16 commands up/, disk(1, { aborts: 17 })],
  ['guest-resets', disk(1, { resets: [0, 1] }), /reset its disk/, disk(1, { resets: 1 })],
  ['own-limit', [client('web1', 9, 0.9e9)], /limit of 400/, [client('web1', 9, 0.1e9)]],
  [
    'policy-limit',
    one('filter', { queued: 4, limit: 100 }, { policy: 'bronze' }),
    /policy bronze holds 4 commands/,
    one('filter', { queued: 0, limit: 100 }),
  ],
  [
    'datastore-full',
    one('datastore', { freeBlocks: 10, capacityBlocks: 1000 }),
    /1\.0% free/,
    one('datastore', { freeBlocks: 200, capacityBlocks: 1000 }),
  ],
  [
    'datastore-full',
    one('datastore', { freeBlocks: 0, capacityBlocks: 1000 }),
    /full: disks that grow, and snapshots, stop/,
    one('datastore', { freeBlocks: 200, capacityBlocks: 1000 }),
  ],
  [
    'consolidation-needed',
    one('chain', { consolidate: 1, progress: 0, links: 2, deltaBytes: 9, sizeBytes: 10 }),
    /2 deltas .* could not be merged/,
    one('chain', { consolidate: 1, progress: 0.5, links: 2, deltaBytes: 1, sizeBytes: 10 }),
  ],
  [
    'snapshot-large',
    one('chain', { deltaBytes: 3 * 2 ** 30, sizeBytes: 10 * 2 ** 30 }),
    /take 3 GB, 30% of the disk/,
    one('chain', { deltaBytes: 2 ** 30, sizeBytes: 10 * 2 ** 30 }),
  ],
  [
    'snapshot-old',
    one('chain', { links: 1, ageNs: 80 * 3600e9 }),
    /80 hours old/,
    one('chain', { links: 1, ageNs: 70 * 3600e9 }),
  ],
  [
    'backup-failed',
    one('backup', { result: 2, phase: 0, points: 3 }),
    /failed, 3 earlier backups can be restored/,
    one('backup', { result: 2, phase: 2, points: 3 }),
  ],
  [
    'chain-deep',
    one('chain', { depth: 4, reads: [0, 10], readParts: [0, 20], tableReads: [0, 5] }),
    /4 deltas over its base, 2.5 reads for each/,
    one('chain', { depth: 3, reads: [0, 10], readParts: [0, 20], tableReads: 0 }),
  ],
  ['pool-full', pool(500), /99\.0% used.*07\/27\/07/, pool(1000)],
  [
    'controller-hangs',
    one('port', { up: 1, active: 3, finished: 70 }),
    /holds 3 commands and answers none/,
    one('port', { up: 1, active: 3, finished: [70, 71] }),
  ],
  [
    'port-full',
    one('port', { queueFull: [0, 8] }),
    /8 commands away/,
    one('port', { queueFull: 8 }),
  ],
  ['link-down', one('adapter', { linkUp: 0 }), /no link/, one('adapter', { linkUp: 1 })],
  [
    'adapter-full',
    one('adapter', { queued: 2, active: 64, slots: 64 }),
    /AQLEN 64/,
    one('adapter', { queued: 0, active: 64, slots: 64 }),
  ],
  ['path-degraded', [path('p1', 0, 1)], /many errors/, [path('p1', 0)]],
  ['congested', sioc(1), /31\.0 ms of 30\.0 ms.*window of 24/, sioc(0)],
];

/** A pool that is nearly full, with a LUN of 1000 blocks. */
function pool(allocatedBlocks: number): Thing[] {
  return [
    {
      scope: 'pool',
      name: 'array1:thin',
      labels: { array: 'array1' },
      fields: { usedBlocks: 990, capacityBlocks: 1000 },
    },
    {
      scope: 'lun',
      name: 'lun0',
      labels: { array: 'array1', pool: 'thin' },
      fields: { sizeBlocks: 1000, allocatedBlocks },
    },
  ];
}

function sioc(congested: number): Thing[] {
  const latencyNs = 31 * MS;
  return one('sioc', { congested, enabled: 1, latencyNs, thresholdNs: 30 * MS, window: 24 });
}

describe('rules', () => {
  test.each(CASES)('%s', (name, wrong, words, well) => {
    const found = hintsOf(windowOf(wrong)).filter(({ rule }) => rule.name === name);
    expect(found).toHaveLength(1);
    expect(found[0]?.text).toMatch(words);
    expect(hintsOf(windowOf(well)).map(({ rule }) => rule.name)).not.toContain(name);
  });

  test('each has a case, a name of its own and a source', () => {
    const names = rules.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect([...new Set(CASES.map(([name]) => name))].sort()).toEqual([...names].sort());
    for (const { source } of rules) expect(source.length).toBeGreaterThan(10);
  });

  test('say nothing of what is well, nor without time between samples', () => {
    const well = device(2, 1.5, 0.2, {}, [...disk(2), ...one('vm', { stunned: 0 })]);
    expect(hintsOf(windowOf(well))).toEqual([]);
    const wrong = windowOf(device(12, 2, 9, FULL));
    expect(hintsOf({ ...wrong, before: { ...wrong.before, at: wrong.after.at } })).toEqual([]);
  });

  test('trouble comes before what is only worth knowing', () => {
    const levels = hintsOf(windowOf([...device(1, 1, 0, { state: 1 }), path('p', 0, 1)]));
    expect(levels.map(({ rule }) => rule.level)).toEqual([2, 1]);
  });
});

describe('drills', () => {
  const named = ({ world }: SimulatedWorld): string[] =>
    hintsOf(world.frames.window).map(({ rule, about }) => `${rule.name} ${about.name}`);

  test('path-loss: dead paths, then the link', () => {
    const drill = new SimulatedWorld('path-loss').at(4, 5);
    expect(named(drill)).toEqual([]);
    drill.at(12, 13);
    expect(named(drill)).toEqual([expect.stringMatching(/^paths-dead naa\./)]);
    const selected = drill.world.frames.entities.scope('path')[0];
    expect(hintFor(drill.world, selected)?.text).toContain('1 of 8 paths dead');
    expect(named(drill.at(20.5, 21.5))).toContain('link-down vmhba1');
  });

  test('the line of a selected row says what to do even on 80 columns', () => {
    const { world } = new SimulatedWorld('path-loss').at(12, 13);
    const line = (screen: string): string =>
      noticeRow(world, { ...initialState(false), screen }, 80, makeTheme(1, true));
    expect(line('device')).toMatch(/^ \S*! 1 of 8 paths dead: less redundancy, I.O goes over/);
    // A path shows what is wrong with its device, by name.
    expect(line('path')).toMatch(/! esx1 naa\.\S+: 1 of 8 paths dead/);
    expect(line('datastore')).toBe('');
  });

  test('the overview tells a hint to its end on 80 columns', () => {
    const { world } = new SimulatedWorld('path-loss').at(12, 13);
    const theme = makeTheme(1, true);
    const [hint] = hintsOf(world.frames.window);
    const whole = bare(hintRow(hint!, 500, theme));
    expect(whole.length).toBeGreaterThan(79);
    expect(bare(hintRow(hint!, 79, theme))).toMatch(/~$/);
    const rows = hintRows(hint!, 79, 2, theme).map(bare);
    expect(rows.map((row) => row.trim()).join(' ')).toBe(whole);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(79);
    // What needs more is cut at the end of the last one.
    const narrow = hintRows(hint!, 30, 2, theme).map(bare);
    expect(narrow).toHaveLength(2);
    expect(narrow[1]).toMatch(/~$/);
    const panel = renderScreen({ world, ui: initialState(false), theme }, 80, 20).map(bare);
    expect(panel.join('\n')).toContain(rows.map((row) => ` ${row}`).join('\n'));
  });

  test('noisy-neighbour: who it is, and nothing before it starts', () => {
    const drill = new SimulatedWorld('noisy-neighbour').at(9, 10);
    expect(named(drill)).toEqual([]);
    drill.at(34, 35);
    expect(named(drill)).toEqual([expect.stringMatching(/^noisy-neighbour naa\./)]);
    const [hint] = hintsOf(drill.world.frames.window);
    expect(hint?.text).toMatch(/^noisy does \d+% of the work/);
    // The administrator's limit at 75 s ends it; what waits then waits for the limit.
    expect(named(drill.at(77, 78))).toEqual([expect.stringMatching(/^own-limit noisy:scsi0:0/)]);
  });

  test('datastore-full: the datastore, the pool, then the machines that stopped', () => {
    const drill = new SimulatedWorld('datastore-full').at(4, 5);
    expect(named(drill)).toEqual([]);
    expect(named(drill.at(14, 15))).toEqual(
      expect.arrayContaining(['datastore-full small', 'pool-full array1:thin']),
    );
    const store = drill.world.frames.entities
      .scope('datastore')
      .find(({ name }) => name === 'overbooked');
    const lun = drill.world.frames.entities.scope('lun').find(({ name }) => name === 'lun1');
    for (const selected of [store, lun]) {
      expect(hintFor(drill.world, selected)?.about.name).toBe('array1:thin');
    }
    const stopped = named(drill.at(39, 40));
    expect(stopped).toEqual(expect.arrayContaining(['stunned grower', 'stunned tenant']));
    expect(stopped).not.toContain('stunned steady');
  });

  test('stuck-controller: no answers, and the controller whose port holds them', () => {
    const drill = new SimulatedWorld('stuck-controller').at(9, 10);
    expect(named(drill)).toEqual([]);
    const found = named(drill.at(21, 22));
    expect(found).toContainEqual(expect.stringMatching(/^no-answers naa\./));
    expect(found).toContainEqual(expect.stringMatching(/^controller-hangs array1:c0:/));
    expect(named(drill.at(61, 62))).toEqual([expect.stringMatching(/^paths-dead naa\./)]);
  });
});
