/** Session files: a round trip, what is wrong with a file, and scenarios that have changed. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Branches, partedNs } from '../../src/scenario/session/branches.js';
import {
  type Branch,
  branchOf,
  parseSession,
  readSession,
  type SavedSession,
  writeSession,
} from '../../src/scenario/session/file.js';
import { fingerprint } from '../../src/scenario/session/fingerprint.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-session-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const DIGEST = '0123456789abcdef';
const TARGET = 'esx1/vmhba1:C0:T0:L0';

/** One command of every kind, at instants that need all digits of a double. */
const BRANCH: Branch = {
  name: 'A',
  endNs: 9_007_199_254_740_991,
  digest: DIGEST,
  commands: [
    {
      atNs: 1,
      command: { kind: 'inject', fault: 'path-slow', target: TARGET, params: { x: 0.1 } },
    },
    { atNs: 1, command: { kind: 'heal', id: 0 }, undo: true },
    { atNs: 2, command: { kind: 'qos', disk: 3, qos: { limit: 200 } } },
    { atNs: 3, command: { kind: 'pace', job: 'web1/oltp', pace: { iodepth: 4, thinkNs: 5 } } },
    { atNs: 4, command: { kind: 'depth', host: 'esx1', device: 'lun0', dqlen: 8 } },
    { atNs: 5, command: { kind: 'answer', vm: 'web1', answer: 'cancel' } },
    { atNs: 6, command: { kind: 'path', host: 'esx1', path: 'p', state: 'off' } },
    { atNs: 7, command: { kind: 'rank', host: 'esx1', path: 'p', rank: 9 } },
    { atNs: 8, command: { kind: 'device', host: 'esx1', device: 'lun0', state: 'on' } },
    { atNs: 9_007_199_254_740_991, command: { kind: 'rescan', host: 'esx1' } },
  ],
};

function session(change: Partial<SavedSession> = {}): SavedSession {
  const start = { scenario: 'path-loss' };
  return {
    ...start,
    seed: 4_294_967_295,
    sha256: fingerprint(start),
    current: 'A',
    branches: [BRANCH],
    ...change,
  };
}

const written = (change: Partial<SavedSession> = {}): string => {
  const file = join(folder, 'written.yaml');
  writeSession(file, session(change));
  return file;
};

describe('a session file', () => {
  it('gives back everything that was written', () => {
    const child: Branch = { ...BRANCH, name: 'B', parent: 'A', forkNs: 3, commands: [] };
    const saved = session({ branches: [BRANCH, child], current: 'B' });
    const file = written(saved);
    expect(readSession(file)).toEqual(saved);
    expect(branchOf(readSession(file)).name).toBe('B');
    expect(branchOf(readSession(file), 'A')).toEqual(BRANCH);
    expect(() => branchOf(saved, 'C')).toThrow('there is no branch "C"');
  });

  it('names files from where it lies, so that both can be moved together', () => {
    const scenario = join(folder, 'mine.yaml');
    const bundled = readFileSync('fixtures/scenarios/path-loss.yaml', 'utf8');
    writeFileSync(scenario, bundled);
    const file = written({ scenario, sha256: fingerprint({ scenario }) });
    expect(readFileSync(file, 'utf8')).toContain('scenario: "./mine.yaml"');
    const moved = join(folder, 'moved');
    mkdirSync(moved);
    writeFileSync(join(moved, 'mine.yaml'), bundled);
    writeFileSync(join(moved, 'a.yaml'), readFileSync(file));
    expect(readSession(join(moved, 'a.yaml')).scenario).toBe(join(moved, 'mine.yaml'));
  });

  it('is refused when its scenario has changed, by so much as a comment', () => {
    const scenario = join(folder, 'changing.yaml');
    writeFileSync(scenario, readFileSync('fixtures/scenarios/path-loss.yaml'));
    const file = written({ scenario, sha256: fingerprint({ scenario }) });
    expect(() => readSession(file)).not.toThrow();
    writeFileSync(scenario, `${readFileSync(scenario, 'utf8')}# one more line\n`);
    expect(() => readSession(file)).toThrow(
      /changing.yaml has changed since this session was saved/,
    );
  });

  it('counts the traces of its scenario too', () => {
    const scenario = join(folder, 'traced.yaml');
    const trace = join(folder, 'a.csv');
    writeFileSync(
      scenario,
      [
        'arrays: [{ name: array1, luns: [{ name: lun0 }] }]',
        'hosts: [{ name: esx1 }]',
        'datastores: [{ name: prod, extents: array1/lun0 }]',
        'vms: [{ name: web, replay: { trace: a.csv } }]',
      ].join('\n'),
    );
    writeFileSync(trace, '128166372003061629,hm,1,Read,383496192,32768,413\n');
    const before = fingerprint({ scenario });
    expect(fingerprint({ scenario })).toBe(before);
    writeFileSync(trace, '128166372003061629,hm,1,Read,383496192,32768,414\n');
    expect(fingerprint({ scenario })).not.toBe(before);
  });

  it.each([
    ['nothing', '', /this is no session of vmtop/],
    ['a scenario', 'hosts: []\n', /this is no session of vmtop/],
    ['no YAML', 'a: [', /not valid YAML/],
    ['a later version', 'vmtopSession: 2\n', /version 2; this vmtop reads version 1/],
  ])('is refused when it is %s', (_, text, message) => {
    expect(() => parseSession(text, 'x.yaml')).toThrow(message);
  });

  it('says where and what is wrong, all at once', () => {
    const text = readFileSync(written(), 'utf8')
      .replace('seed: 4294967295', 'seed: -1')
      .replace('"kind":"rescan"', '"kind":"explode"')
      .replace('"state":"off"', '"state":"maybe"');
    const lines = text.split('\n');
    const lineOf = (part: string): number => lines.findIndex((line) => line.includes(part)) + 1;
    try {
      parseSession(text, 'x.yaml');
      expect.unreachable();
    } catch (error) {
      const { message } = error as Error;
      expect(message).toMatch(new RegExp(`x\\.yaml:${lineOf('seed: -1')}:\\d+: seed`));
      expect(message).toMatch(new RegExp(`x\\.yaml:${lineOf('explode')}:\\d+: branches`));
      expect(message).toMatch(new RegExp(`x\\.yaml:${lineOf('maybe')}:\\d+: branches`));
    }
  });

  it('wants commands in their order and a current branch that is there', () => {
    const late = { atNs: 0, command: { kind: 'rescan', host: 'esx1' } } as const;
    const back = written({ branches: [{ ...BRANCH, commands: [...BRANCH.commands, late] }] });
    expect(() => readSession(back)).toThrow(/it comes before the command above it/);
    expect(() => readSession(written({ current: 'Z' }))).toThrow(/there is no branch "Z"/);
  });
});

describe('branches', () => {
  const course = (now: number, ...atNs: number[]) => ({
    now,
    commands: atNs.map((at) => ({ atNs: at, command: { kind: 'rescan', host: 'h' } as const })),
    digest: () => DIGEST,
  });

  it('keep what was left, and what was done on it', () => {
    const branches = new Branches();
    branches.fork(course(10, 4, 8), 5, course(5, 4).commands, DIGEST);
    expect(branches.current).toBe('B');
    expect(branches.all(course(7, 4, 6))).toMatchObject([
      { name: 'A', endNs: 10, commands: [{ atNs: 4 }, { atNs: 8 }] },
      { name: 'B', parent: 'A', forkNs: 5, endNs: 7, commands: [{ atNs: 4 }, { atNs: 6 }] },
    ]);
  });

  it('replace one on which nothing has happened', () => {
    const branches = new Branches();
    branches.fork(course(10, 4), 5, course(5, 4).commands, DIGEST);
    branches.fork(course(5, 4), 2, [], DIGEST);
    expect(
      branches.all(course(2)).map(({ name, parent, forkNs }) => [name, parent, forkNs]),
    ).toEqual([
      ['A', undefined, undefined],
      ['B', 'A', 2],
    ]);
  });

  it('are at most as many as there are letters; the first stays', () => {
    const branches = new Branches();
    for (let count = 0; count < 40; count++) {
      branches.fork(course(100 + count), 50, [], DIGEST);
    }
    const all = branches.all(course(200));
    expect(all).toHaveLength(26);
    expect(new Set(all.map(({ name }) => name)).size).toBe(26);
    expect(all[0]?.name).toBe('A');
  });

  it('part where one left the other, else at the first action only one has', () => {
    const a: Branch = { name: 'A', endNs: 9, digest: DIGEST, commands: course(9, 4, 8).commands };
    const b: Branch = { ...a, name: 'B', parent: 'A', forkNs: 3, commands: [] };
    const c: Branch = { ...a, name: 'C', parent: 'B', commands: course(9, 4, 7).commands };
    expect(partedNs(a, b)).toBe(3);
    expect(partedNs(b, a)).toBe(3);
    expect(partedNs(a, c)).toBe(7);
  });
});
