import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunDocument } from '../../src/output/document.js';
import { bundledScenarios } from '../../src/scenario/bundled.js';
import { LEAST } from '../scenario/helpers.js';
import { vmtop } from './helpers.js';

let folder: string;
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-'));
});

const SMALL = LEAST.replace(
  'name: vm1',
  'name: vm1, workloads: [{ rw: randrw, bs: 8k, iodepth: 2, thinktime: 1ms }]',
);

/** MSR CSV: timestamp (100 ns), host, disk, type, offset, size, response time. */
const MSR = [
  '128166372003061629,hm,0,Read,383496192,32768,58013',
  '128166372016382155,hm,0,Write,2822144000,4096,1553',
  '128166372026382245,hm,1,Write,2216288256,4096,1565',
  '',
].join('\n');

const json = async (...args: readonly string[]): Promise<RunDocument> => {
  const { stdout, stderr, code } = await vmtop(...args, '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as RunDocument;
};

describe('vmtop run', () => {
  it('prints one JSON document that scripts can rely on', async () => {
    const document = await json('run', file('a.yaml', SMALL), '--duration', '200ms', '--seed', '5');
    expect(document).toMatchObject({ scenario: 'a', seed: 5, simulatedSeconds: 0.2 });
    expect(document.digest).toMatch(/^[0-9a-f]{16}$/);
    const { reads, writes, bytesRead, bytesWritten, errors } = document.totals;
    expect(reads).toBeGreaterThan(0);
    expect(bytesRead).toBe(reads * 8192);
    expect(bytesWritten).toBe(writes * 8192);
    expect(errors).toBe(0);
    expect(Object.keys(document.layers)).toEqual(
      'guest vscsi vmfiles filesystem block scheduler psa adapter driver fabric array disk'.split(
        ' ',
      ),
    );
    expect(document.layers.guest).toMatchObject({ reads, writes });
  });

  it('is a function of scenario and seed, however it is watched', async () => {
    const path = file('b.yaml', SMALL);
    const one = await json('run', path, '--duration', '300ms');
    const two = await json('run', path, '--duration', '300ms', '--interval', '70ms');
    const other = await json('run', path, '--duration', '300ms', '--seed', '2');
    expect(two.digest).toBe(one.digest);
    expect(two.intervals).toHaveLength(5);
    expect(other.digest).not.toBe(one.digest);
  });

  it('ends its summary with the digest', async () => {
    const { stdout } = await vmtop('run', file('c.yaml', SMALL), '--duration', '100ms');
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^digest [0-9a-f]{16}$/);
  });

  it('ends with 1 when an expectation fails, and says which', async () => {
    const promise = '\nexpect: [{ text: never, metric: iops, max: 1 }]\nduration: 100ms';
    const { stdout, stderr, code } = await vmtop('run', file('d.yaml', SMALL + promise));
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAILED\s+never/);
    expect(stderr).toBe('expectation failed: never\n');
  });

  it('says how many expectations a run cut short has left out', async () => {
    const promises = `
expect:
  - { metric: iops, from: 0s, to: 100ms, min: 1 }
  - { metric: iops, from: 100ms, to: 300ms, max: 0 }
  - { metric: errors }
duration: 300ms`;
    const path = file('cut.yaml', SMALL + promises);
    const { expectations, expectationsSkipped } = await json('run', path, '--duration', '100ms');
    expect(expectations.map(({ ok }) => ok)).toEqual([true]);
    expect(expectationsSkipped).toBe(2);
    const { stdout } = await vmtop('run', path, '--duration', '100ms');
    expect(stdout).toContain('2 expectations not checked: the run was cut short');
  });

  it('writes the event log', async () => {
    const events = join(folder, 'events.jsonl');
    const told = `${SMALL}\nnarrative: [{ at: 10ms, text: hello }]\nduration: 100ms`;
    await vmtop('run', file('e.yaml', told), '--events', events);
    const lines = readFileSync(events, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toContainEqual({
      t: 0.01,
      kind: 'narrative',
      object: 'e',
      what: 'hello',
      why: expect.any(String),
    });
  });
});

describe('vmtop replay', () => {
  it('plays every record of a trace, at any timing, on any number of disks', async () => {
    const trace = file('trace.csv', MSR);
    for (const timing of ['original', 'asap', '10x']) {
      for (const disks of ['1', '2']) {
        const document = await json('replay', trace, '--timing', timing, '--disks', disks);
        expect(document.totals).toMatchObject({
          reads: 1,
          writes: 2,
          bytesRead: 32768,
          bytesWritten: 8192,
          errors: 0,
        });
        expect(document.trace).toMatchObject({ records: 3, reads: 1, writes: 2 });
      }
    }
  });

  it('keeps or scales the time between records', async () => {
    const trace = file('time.csv', MSR);
    // 2.332 s from first to last record, and what the last one takes.
    const original = await json('replay', trace);
    expect(original.simulatedSeconds).toBeGreaterThanOrEqual(2.332);
    expect(original.simulatedSeconds).toBeLessThan(2.36);
    const faster = await json('replay', trace, '--timing', '10x');
    expect(faster.simulatedSeconds).toBeGreaterThanOrEqual(0.233);
    expect(faster.simulatedSeconds).toBeLessThan(0.26);
  });

  it('plays in another scenario', async () => {
    const document = await json(
      ...['replay', file('other.csv', MSR), '--scenario', file('f.yaml', LEAST), '--seed', '9'],
    );
    expect(document).toMatchObject({ scenario: 'f', seed: 9, totals: { reads: 1, writes: 2 } });
  });
});

describe('vmtop check and list', () => {
  it.each(bundledScenarios())('finds nothing wrong with %s', async (name) => {
    const { stdout, code } = await vmtop('check', name);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${name}: ok`));
  });

  it('writes the objects of a scenario for an entity file', async () => {
    const path = join(folder, 'entities');
    const { code } = await vmtop(file('e.yaml', SMALL), '--export-entity', path);
    expect(code).toBe(0);
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines[0]).toBe('Adapter');
    expect(lines).toContain('VirtualDisk');
    expect(lines.some((line) => line.endsWith('/vm1:scsi0:0'))).toBe(true);
  });

  it('lists each kind of thing', async () => {
    const { stdout, code } = await vmtop('list');
    expect(code).toBe(0);
    for (const name of ['default', 'path-down', 'ssd', 'VMW_PSP_RR', 'oltp', 'vscsi']) {
      expect(stdout).toMatch(new RegExp(`^${name}\\b`, 'm'));
    }
    expect((await vmtop('list', 'formats')).stdout).not.toContain('ssd');
    // Limits of KAVG: esxtop reference, section 4.
    const thresholds = (await vmtop('list', 'thresholds')).stdout;
    expect(thresholds).toMatch(/KAVG\/cmd +\* from 1 ms, ! from 2 ms \(adapter, device\)/);
    expect(thresholds).toMatch(/%USD +\* from 50, ! from 100 /);
  });

  it('has help with examples for every command', async () => {
    for (const command of ['top', 'run', 'replay', 'check', 'list']) {
      const { stdout, code } = await vmtop(command, '--help');
      expect(code).toBe(0);
      expect(stdout, command).toContain('Examples:');
    }
    expect((await vmtop('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('bad input', () => {
  const cases: readonly (readonly [string, () => readonly string[], RegExp])[] = [
    ['an unknown scenario', () => ['run', 'path-los'], /did you mean "path-loss"\?/],
    ['a missing file', () => ['check', './nowhere.yaml'], /nowhere\.yaml: no such file/],
    ['a directory', () => ['run', folder], /found a directory/],
    ['an empty file', () => ['check', file('empty.yaml', '')], /found nothing/],
    [
      'an unknown key',
      () => ['check', file('key.yaml', `${LEAST}\nsed: 1`)],
      /did you mean "seed"\?/,
    ],
    ['an unknown option', () => ['run', 'default', '--sed', '1'], /Unknown argument: sed/],
    ['no scenario', () => ['run'], /expected a scenario, or --session FILE/],
    ['a wrong seed', () => ['run', 'default', '--seed', '-1'], /--seed: expected a whole number/],
    [
      'a wrong duration',
      () => ['run', 'default', '--duration', '5'],
      /--duration: expected a time/,
    ],
    ['a wrong timing', () => ['replay', 'x', '--timing', 'fast', '--json'], /--timing: expected/],
    ['an empty trace', () => ['replay', file('empty', ''), '--json'], /empty/],
    ['no trace at all', () => ['replay', file('text', 'hello\n'), '--headless'], /found no format/],
    ['a directory as trace', () => ['replay', folder, '--headless'], /found a directory/],
    [
      'a truncated trace',
      () => ['replay', file('cut.csv', MSR.slice(0, 80)), '--headless'],
      /cut\.csv:2/,
    ],
    ['a list there is not', () => ['list', 'things'], /Choices/],
    ['no terminal', () => ['default'], /needs a terminal/],
    ['a bad scenario and no terminal', () => [file('g.yaml', 'a: 1')], /unknown key "a"/],
  ];

  it.each(cases)('%s: one clear message, code 2, no stack', async (_, args, message) => {
    const { stdout, stderr, code } = await vmtop(...args());
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
  });
});
