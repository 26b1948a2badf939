/** `vmtop --batch` and `vmtop replay-batch` as a person calls them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { vmtop } from './helpers.js';

const REAL = join(import.meta.dirname, '../../../shared/traces/esxtop-batch-subset.csv.gz');

describe('vmtop --batch', () => {
  it('writes one header and so many samples, the same ones every time', async () => {
    const args = ['path-loss', '-b', '-a', '-d', '1', '-n', '2', '--seed', '5'];
    const first = await vmtop(...args);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const lines = first.stdout.split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^"\(PDH-CSV 4\.0\) \(UTC\)\(0\)","\\\\esx1\\Physical Disk\(vmhba/);
    expect(lines[1]).toMatch(/^"01\/01\/2026 00:00:01","/);
    expect((await vmtop(...args)).stdout).toBe(first.stdout);
  });

  it('starts when it is told to', async () => {
    const { stdout } = await vmtop('path-loss', '-b', '-n', '1', '--start', '2024-02-28 23:59:58');
    expect(stdout.split('\n')[1]).toMatch(/^"02\/29\/2024 00:00:03"/);
  });

  it('says what is wrong with its options', async () => {
    for (const [args, message] of [
      [['-b', '--delay', '0'], '--delay: expected a whole number from 1 to 86400'],
      [['-b', '-n', 'x'], '--iterations: expected a whole number'],
      [['-b', '--host', 'esx9'], '--host: there is no host "esx9"'],
      [['-b', '--start', 'noon'], '--start: expected a date and time, found "noon"'],
      [['-b', '-d', '86400'], '--delay: default ends before 86400 s'],
      [['-n', '2'], '--iterations: is for batch mode only'],
      [['-b', '--session', 'a.yaml'], '--session: is not for batch mode'],
    ] as const) {
      const { code, stderr, stdout } = await vmtop(...args);
      expect(stderr).toContain(message);
      expect([code, stdout]).toEqual([2, '']);
    }
  });

  it('is what a person without a screen is told of', async () => {
    expect((await vmtop('path-loss')).stderr).toContain('or vmtop path-loss --batch');
  });
});

/**
 * Readers of such files in Python go the way of this script: `csv`, the path of a counter by a pattern
 * of its own, the time with its zone from the header (GitHub nithintitta/ESXTOP-BATCHMODE-VIEWER and
 * vfedotovs/esxtop-batch-data-visualizer, which read the same file when this was written).
 */
const READER = String.raw`
import csv, json, re, sys
from datetime import datetime
head, *rows = csv.reader(sys.stdin, strict=True)
zone = re.fullmatch(r'\(PDH-CSV 4\.0\) \((.+)\)\((-?\d+)\)', head[0]).groups()
paths = [re.fullmatch(r'\\\\([^\\]+)\\([^(\\]+)(?:\((.*)\))?\\([^\\]+)', name).groups() for name in head[1:]]
times = [datetime.strptime(row[0], '%m/%d/%Y %H:%M:%S') for row in rows]
print(json.dumps({
  'zone': zone,
  'hosts': sorted({host for host, *_ in paths}),
  'objects': sorted({name for _, name, *_ in paths}),
  'steps': [(b - a).total_seconds() for a, b in zip(times, times[1:])],
  'widths': sorted({len(row) - len(head) for row in rows}),
  'least': min(float(value) for row in rows for value in row[1:]),
}))
`;
const python = spawnSync('python3', ['-c', '']).status === 0;

describe.skipIf(!python)('vmtop --batch, read by a program in Python', () => {
  it('every column has its place and every value is a number', async () => {
    const { stdout } = await vmtop('default', '-b', '-a', '-d', '1', '-n', '2');
    const {
      status,
      stdout: told,
      stderr,
    } = spawnSync('python3', ['-c', READER], { input: stdout });
    expect(String(stderr)).toBe('');
    expect(status).toBe(0);
    // Objects of esxtop's storage panels: esxtop reference, section 6.2.
    expect(JSON.parse(String(told))).toEqual({
      zone: ['UTC', '0'],
      hosts: ['esx1', 'esx2'],
      objects: [
        'Physical Disk',
        'Physical Disk Adapter',
        'Physical Disk NFS Volume',
        'Physical Disk Path',
        'Physical Disk Per-Device-Per-World',
        'Physical Disk SCSI Device',
        'Virtual Disk',
      ],
      steps: [1],
      widths: [0],
      least: 0,
    });
  });
});

describe('vmtop replay-batch', () => {
  it('tells what our own file holds', async () => {
    const { stdout } = await vmtop('path-loss', '-b', '-a', '-n', '1');
    const file = join(mkdtempSync(join(tmpdir(), 'vmtop-replay-batch-')), 'own.csv');
    writeFileSync(file, stdout);
    const told = await vmtop('replay-batch', file, '--headless');
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toContain('recorded on esx1');
    expect(told.stdout).toMatch(/Physical Disk SCSI Device +(\d+) +\1\n/);
  });

  it.skipIf(!existsSync(REAL))('tells what the file of a real host holds', async () => {
    const { stdout } = await vmtop('replay-batch', REAL, '--headless');
    expect(stdout).toMatch(/Memory +7 +0 +not about storage/);
  });

  it('says what is wrong with a file before it asks for a screen', async () => {
    const { code, stderr } = await vmtop('replay-batch', 'package.json');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^package\.json:\d+: expected a header/);
    expect((await vmtop('replay-batch', 'nowhere.csv')).stderr).toContain('no such file');
  });
});
