import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { READ } from '../../src/engine/core/io.js';
import { readDisk } from '../../src/scenario/disks.js';
import { synthetic } from '../devices/fit/synthetic.js';
import { vmtop } from './helpers.js';

let folder: string;
let trace: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-device-'));
  const { count, op, lba, blocks, serviceNs, thinkNs } = synthetic({ rpm: 7200 }, 1000);
  const lines = Array.from({ length: count }, (_, index) => {
    const times = [serviceNs, thinkNs].map((column) => (column[index]! / 1000).toFixed(3));
    return [op[index] === READ ? 'R' : 'W', 'Hit', lba[index], blocks[index], ...times].join(' ');
  });
  trace = join(folder, 'drive.trace');
  writeFileSync(trace, lines.join('\n'));
});

describe('vmtop device fit', () => {
  it('says how well it fits and with what, and writes a disk that scenarios can use', async () => {
    const out = join(folder, 'drive.yaml');
    const { stdout, stderr, code } = await vmtop(
      'device',
      'fit',
      trace,
      '--set',
      'rpm=7200,heads=4',
      '--capacity',
      '2048000000B',
      '--out',
      out,
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /drive\.trace: 1,000 requests, fitted to the first 500, checked on the rest/,
    );
    for (const part of ['fitted', 'checked']) {
      // Requests, two means, their difference, demerit in ms and in percent.
      expect(stdout).toMatch(
        new RegExp(
          `${part} +500 +\\d+\\.\\d{3} +\\d+\\.\\d{3} +[+-]\\d+\\.\\d\\d% +\\d+\\.\\d{3} +\\d+\\.\\d\\d%`,
        ),
      );
    }
    expect(stdout).toMatch(/rpm +7200 +given with --set/);
    expect(stdout).toMatch(/writeCache +off +estimated/);
    const disk = readDisk(out);
    expect(disk).toMatchObject({ base: 'hdd', capacityBlocks: 4_000_000 });
    expect(disk.settings).toMatchObject({ rpm: 7200, heads: 4 });
    expect(disk.sources.seekAverage).toMatch(/drive\.trace, requests 1 to 500 of 1000/);
    expect(readFileSync(out, 'utf8')).toMatch(/^# fitted on 500 requests: .*\n# checked on 500/);
    const shown = await vmtop('device', 'show', out);
    expect(shown.stdout).toMatch(/rpm +7200 .*given with --set/);
  });

  it('fits to all of it when asked to', async () => {
    const { stdout } = await vmtop('device', 'fit', trace, '--first', '100%');
    expect(stdout).toMatch(/fitted to the first 1,000, nothing left to check on/);
    expect(stdout).not.toMatch(/^checked/m);
  });

  it('says so when the model is not like the recording', async () => {
    // A second for each request: no disk seeks as long.
    const { stdout, code } = await vmtop('device', 'fit', file('slow', requests(1e6)));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^poor fit: a mean is off by more than 5%/m);
    const good = await vmtop('device', 'fit', trace, '--set', 'rpm=7200,heads=4');
    expect(good.stdout).not.toMatch(/poor fit/);
  });

  const cases: readonly (readonly [string, () => string[], RegExp])[] = [
    [
      'a trace without times',
      () => ['fit', file('a.csv', MSR)],
      /no measured service times of one request at a time\n.*disksim-validate/,
    ],
    ['a file there is not', () => ['fit', 'no-such.trace'], /no-such\.trace: no such file/],
    ['too short a recording', () => ['fit', file('b', 'R Hit 1 1 1 1')], /too little to fit/],
    ['a recording without times', () => ['fit', file('c', requests(0))], /every measured .* is 0/],
    ['half a line', () => ['fit', file('d', `${requests(5)}R Hit 7`)], /d:401: bcount: expected/],
    ['a setting there is not', () => ['fit', trace, '--set', 'speed=1'], /speed: unknown setting/],
    ['a setting without value', () => ['fit', trace, '--set', 'rpm'], /name=value, found "rpm"/],
    ['no share', () => ['fit', trace, '--first', '0%'], /--first: expected a share/],
    ['no size', () => ['fit', trace, '--capacity', 'big'], /--capacity: expected a size/],
    ['a model there is not', () => ['fit', trace, '--model', 'tape'], /no device model "tape"/],
    ['a model that does not turn', () => ['fit', trace, '--model', 'ssd'], /no spinning disk/],
    [
      'a folder that is not there',
      () => ['fit', trace, '--out', '/no/such/x.yaml'],
      /x\.yaml: no such file/,
    ],
    ['neither fit nor show', () => [], /expected device fit or device show/],
    ['a name there is not', () => ['show', 'hd'], /did you mean "hdd"/],
  ];

  it.each(cases)('%s: one clear message, code 2', async (_what, args, message) => {
    const { stderr, code } = await vmtop('device', ...args());
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(code).toBe(2);
  });
});

describe('vmtop device show', () => {
  it('prints each setting with value, meaning and source', async () => {
    const { stdout, code } = await vmtop('device', 'show', 'hdd-7k');
    expect(code).toBe(0);
    expect(stdout).toMatch(/seekAverage +8200us +average seek .*HGST Ultrastar 7K4000: 8\.2 ms/);
  });

  it('shows the measured disks that come with vmtop, which are listed as devices', async () => {
    expect((await vmtop('list', 'devices')).stdout).toMatch(/rz26 +DEC RZ26/);
    const { stdout } = await vmtop('device', 'show', 'rz26');
    expect(stdout).toMatch(/rpm +5400 .*estimated from disksim-validate-dec_rz26/);
  });
});

/** 400 requests that took so long each, microseconds. */
const requests = (us: number): string =>
  Array.from({ length: 400 }, (_, at) => `R Hit ${(at * 7919) % 100_003} 8 ${us} 100\n`).join('');

/** MSR CSV: timestamp (100 ns), host, disk, type, offset, size, response time. */
const MSR = '128166372003061629,hm,0,Read,383496192,32768,58013\n';

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
