import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSideBySide } from '../../src/cli/swarm-processes.js';
import type { TrialResult } from '../../src/engine/simulation/swarm/trial.js';
import { formatFailure, formatSwarm } from '../../src/output/swarm.js';
import { vmtop } from './helpers.js';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let folder: string;
let program: string;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-swarm-'));
  program = root('node_modules/.cache/swarm-test/vmtop.mjs');
  await build({
    entryPoints: [root('src/cli/vmtop.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    jsx: 'automatic',
    loader: { '.yaml': 'text' },
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('vmtop swarm', () => {
  it('runs seeds and says what they did', async () => {
    const { stdout, code } = await vmtop('swarm', '--seeds', '3', '--from', '3');
    expect(code).toBe(0);
    expect(stdout).toContain('3 seeds: ');
    expect(stdout).toContain('read and checked');
    expect(stdout.trim().endsWith('every promise kept')).toBe(true);
  });

  it('says the same however many processes share it', () => {
    const run = (...options: string[]): string => {
      const args = [program, 'swarm', '--seeds', '4', ...options];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
      return stdout;
    };
    const alone = run('--jobs', '1');
    expect(alone).toContain('4 seeds: ');
    expect(run('--jobs', '2')).toBe(alone);
  });

  it('writes a run as a scenario', async () => {
    const path = file('case.yaml');
    expect((await vmtop('swarm', '--from', '5', '--write', path)).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toContain('title: "Swarm, seed 5:');
    expect((await vmtop('check', path)).code).toBe(0);
    const nowhere = await vmtop('swarm', '--write', file('no/such/folder.yaml'));
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toContain('cannot be written');
  });

  it.each([
    [['--seeds', '0'], '--seeds: expected a whole number from 1'],
    [['--from', 'x'], '--from: expected a whole number from 0'],
    [['--jobs', '0'], '--jobs: expected a whole number from 1'],
    [['--from', '4294967295', '--seeds', '2'], '--seeds: seeds end at 4294967295'],
  ])('refuses %j', async (args, message) => {
    const { stderr, code } = await vmtop('swarm', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('a process of the swarm that dies', () => {
  it('has failed the seed it was at; the others go on', async () => {
    const script = file('dies.mjs');
    writeFileSync(
      script,
      `const option = (name) => Number(process.argv[process.argv.indexOf(name) + 1]);
       const [from, count, stride] = ['--from', '--seeds', '--stride'].map(option);
       for (let seed = from; seed < from + count * stride; seed += stride) {
         if (seed === 7) { console.error('out of luck'); process.exit(3); }
         console.log(JSON.stringify({ seed, problems: [] }));
       }`,
    );
    const before = process.argv[1] as string;
    process.argv[1] = script;
    const results: TrialResult[] = [];
    try {
      await runSideBySide([5, 6, 7, 8, 9, 10], 2, (result) => results.push(result));
    } finally {
      process.argv[1] = before;
    }
    results.sort((a, b) => a.seed - b.seed);
    expect(results.map(({ seed }) => seed)).toEqual([5, 6, 7, 8, 9, 10]);
    expect(results.filter(({ problems }) => problems.length > 0)).toMatchObject([
      { seed: 7, problems: ['its process ended (code 3): out of luck'] },
    ]);
  });
});

describe('the report of the swarm', () => {
  const result: TrialResult = {
    seed: 97,
    kind: 'errors',
    problems: ['lost: block at 8', 'stopped: here\n  and there'],
    faults: 3,
    commands: 1234,
    errors: 5,
    blocksRead: 10,
    blocksWritten: 20,
    violations: 1,
    strikes: 0,
    spoiltReads: 0,
    settledNs: 2e9,
    digest: '00',
    events: ['1 s path.state a: b (c)'],
  };

  it('gives a failed seed with its last events and the command that repeats it', () => {
    expect(formatFailure(result).split('\n')).toEqual([
      'seed 97 (errors) failed:',
      '  lost: block at 8',
      '  stopped: here',
      '    and there',
      '  last events:',
      '    1 s path.state a: b (c)',
      '  to reproduce: vmtop swarm --seeds 1 --from 97',
      '  to watch:     vmtop swarm --from 97 --write case.yaml && vmtop top case.yaml',
    ]);
  });

  it('adds all up', () => {
    expect(formatSwarm([result, { ...result, seed: 98, problems: [] }]).split('\n')).toEqual([
      '2 seeds: 2 errors',
      '6 faults, 2,468 commands, 10 errors at guests',
      '40 blocks of 4 KiB written, 20 read and checked',
      'all commands back at most 2 s after healing (limit 360 s)',
      '1 seed failed: 97',
    ]);
  });
});

describe('vmtop run with guests that verify', () => {
  const scenario = (fault: string): string => `
duration: 2s
arrays: [{ name: a, luns: [{ name: lun0, size: 3GiB }] }]
hosts: [{ name: esx1 }]
datastores: [{ name: prod, extents: a/lun0 }]
vms:
  - name: vm1
    memory: 16MiB
    disks: [{ size: 64MiB }]
    workloads: { rw: randrw, bs: 4k, iodepth: 4, thinktime: 1ms, size: 1MiB, verify: true }
faults: [${fault}]
`;

  it('says how much was checked', async () => {
    writeFileSync(file('good.yaml'), scenario(''));
    const { stdout, code } = await vmtop('run', file('good.yaml'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/verified blocks of 4 KiB: [\d,]+ read, [\d,]+ written, nothing wrong/);
    const { stdout: json } = await vmtop('run', file('good.yaml'), '--json');
    expect(JSON.parse(json).verified).toMatchObject({ violations: 0, found: [] });
  });

  it('fails when data was wrong', async () => {
    const fault = '{ at: 1s, fault: bit-rot, target: a/lun0, params: { rate: 0.05 } }';
    writeFileSync(file('bad.yaml'), scenario(fault));
    const { stdout, stderr, code } = await vmtop('run', file('bad.yaml'));
    expect(code).toBe(1);
    expect(stdout).toContain('WRONG');
    expect(stderr).toContain('wrong data: foreign: block at');
  });
});
