/** Sessions without a screen: `run --session` and `compare`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  RecordedSimulation,
  type TimedCommand,
} from '../../src/engine/simulation/recorded-simulation.js';
import type { Comparison } from '../../src/output/compare.js';
import type { RunDocument } from '../../src/output/document.js';
import { loadScenario } from '../../src/scenario/load.js';
import { type Branch, writeSession } from '../../src/scenario/session/file.js';
import { fingerprint } from '../../src/scenario/session/fingerprint.js';
import { vmtop } from './helpers.js';

const SCENARIO = `
seed: 3
duration: 4s
arrays: [{ name: array1, luns: [{ name: lun0, size: 64GiB }] }]
hosts: [{ name: esx1 }]
datastores: [{ name: prod, extents: array1/lun0 }]
vms: [{ name: web, count: 2, disks: [{ size: 10GiB, kind: eagerThick }], workloads: { rw: randread, bs: 4k, iodepth: 2, thinktime: 1ms } }]
narrative: [{ at: 0s, text: go }]
expect: [{ text: no errors, metric: errors }]
`;

let folder: string;
let scenario: string;
let file: string;

const limit: TimedCommand = {
  atNs: 1.25e9 + 1,
  command: { kind: 'qos', disk: 0, qos: { limit: 50 } },
};

function branch(name: string, endNs: number, commands: readonly TimedCommand[]): Branch {
  const run = new RecordedSimulation(loadScenario(scenario, { seed: 9 }), commands);
  run.runUntil(endNs);
  return { name, endNs, digest: run.digest(), commands };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-cli-session-'));
  scenario = join(folder, 'two.yaml');
  file = join(folder, 's.yaml');
  writeFileSync(scenario, SCENARIO);
  const b = { ...branch('B', 3e9, []), parent: 'A', forkNs: 1.25e9 };
  writeSession(file, {
    scenario,
    seed: 9,
    sha256: fingerprint({ scenario }),
    current: 'A',
    branches: [branch('A', 2.5e9, [limit]), b],
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('vmtop run --session', () => {
  it('replays the commands and writes the same bytes again', async () => {
    const one = await vmtop('run', '--session', file, '--json');
    const two = await vmtop('run', '--session', file, '--json');
    expect(one.code).toBe(0);
    expect(two.stdout).toBe(one.stdout);
    const document = JSON.parse(one.stdout) as RunDocument;
    const expected = new RecordedSimulation(loadScenario(scenario, { seed: 9 }), [limit]);
    expected.runUntil(4e9);
    expect(document.digest).toBe(expected.digest());
    expect(document).toMatchObject({ seed: 9, simulatedSeconds: 4 });
    expect(document.session).toMatchObject({
      branch: 'A',
      savedSeconds: 2.5,
      asSaved: true,
      actions: [{ atSeconds: 1.250000001, what: 'limit 50 for web1:scsi0:0' }],
      score: { goals: { met: 1, of: 1 }, actions: 1 },
    });
  });

  it('runs another branch by its name, and tells the score at the end', async () => {
    const { stdout, code } = await vmtop('run', '--session', file, '--branch', 'B');
    expect(code).toBe(0);
    expect(stdout).toContain('branch B: nothing was done');
    expect(stdout).toMatch(/score \d+ of 100/);
  });

  it('says so when it does not run as it was saved', async () => {
    const forged = join(folder, 'forged.yaml');
    const text = readFileSync(file, 'utf8').replace(/digest: "\w+"/, 'digest: "0000000000000000"');
    writeFileSync(forged, text);
    const { stderr, code } = await vmtop('run', '--session', forged);
    expect(stderr).toContain('this is not what was saved');
    expect(code).toBe(1);
  });

  it.each([
    ['a scenario too', () => ['run', 'default', '--session', file], /found default too/],
    ['a seed too', () => ['run', '--session', file, '--seed', '1'], /found --seed too/],
    ['no such branch', () => ['run', '--session', file, '--branch', 'X'], /no branch "X"/],
    ['a branch of nothing', () => ['run', 'default', '--branch', 'A'], /only a session has/],
    ['the dashboard without a terminal', () => ['--session', file], /needs a terminal/],
    ['no file', () => ['run', '--session', join(folder, 'no.yaml')], /no such file/],
  ])('refuses %s', async (_, args, message) => {
    const { stderr, code } = await vmtop(...args());
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('vmtop compare', () => {
  it('shows both branches over the time both have, and the difference', async () => {
    const { stdout, code } = await vmtop('compare', file, `${file}:B`, '--json');
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as Comparison;
    expect(found).toMatchObject({ fromSeconds: 1.25, toSeconds: 2.5 });
    const [web1] = found.vms;
    // 50 a second since a moment after the start of the window; without, 2 in flight per 1 ms and more.
    expect(web1?.a.iops).toBeGreaterThan(20);
    expect(web1?.a.iops).toBeLessThan(70);
    expect(web1?.b.iops).toBeGreaterThan(500);
    expect(web1?.difference.iops).toBeCloseTo((web1?.b.iops ?? 0) - (web1?.a.iops ?? 0), 6);
    expect(found.devices).toHaveLength(1);
  });

  it('prints a table, and takes another window', async () => {
    const { stdout } = await vmtop('compare', file, `${file}:B`, '--from', '2s', '--to', '3s');
    expect(stdout).toContain('A and B from 2.000 s to 3.000 s');
    expect(stdout).toContain('A: 0 I/O errors; limit 50 for web1:scsi0:0');
    expect(stdout).toMatch(/^VM +I\/O\/s A +B +diff +mean ms A +B +diff +p99 ms A +B +diff/m);
    expect(stdout).toMatch(/^web2 /m);
  });

  it('refuses an empty window and sessions of different scenarios', async () => {
    const empty = await vmtop('compare', file, `${file}:B`, '--from', '3s', '--to', '2s');
    expect(empty).toMatchObject({ code: 2 });
    expect(empty.stderr).toContain('the window ends (2s) before it begins (3s)');
    const other = join(folder, 'other.yaml');
    writeSession(other, {
      scenario: 'path-loss',
      seed: 1,
      sha256: fingerprint({ scenario: 'path-loss' }),
      current: 'A',
      branches: [{ name: 'A', endNs: 0, digest: '0000000000000000', commands: [] }],
    });
    const mixed = await vmtop('compare', file, other);
    expect(mixed.stderr).toContain('it is of another scenario than');
  });
});
