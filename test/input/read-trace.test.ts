import { chmodSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { fileError } from '../../src/input/read-bytes.js';
import { readTrace } from '../../src/input/read-trace.js';
import { Folder, recordedTrace } from './samples.js';

const folder = new Folder();
afterAll(() => folder.remove());

const MSR = '128166372003061629,hm,0,Read,8192,4096,100\n';

/** The one problem a bad file is reported as. */
function problemOf(run: () => unknown) {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).problems).toHaveLength(1);
    return (error as InputError).problems[0];
  }
  throw new Error('nothing was refused');
}

describe('readTrace', () => {
  it('reads plain and gzip files alike', () => {
    const plain = readTrace(folder.file('plain.csv', MSR));
    const packed = readTrace(folder.file('packed.csv.gz', gzipSync(MSR)));
    expect(plain.format).toBe('msr-csv');
    expect(packed).toEqual(plain);
    expect(plain.summary).toMatchObject({ records: 1, reads: 1, bytesRead: 4096 });
  });

  it('reads the two-hour VMware trace', ({ skip }) => {
    const path = recordedTrace('cloudphysics-2h.vscsi.gz');
    if (path === undefined) return skip('the recorded traces are not here');
    const { format, table, summary } = readTrace(path);
    expect(format).toBe('vscsi');
    expect(summary).toMatchObject({ records: 113_872, reads: 46_974, writes: 66_898 });
    expect(summary).toMatchObject({ others: 0, skipped: 0, rounded: 0, sorted: false, units: 1 });
    expect(summary.spanNs / 1e9).toBeCloseTo(7200.09, 2);
    const blocks = Array.from(table.blocks);
    expect(blocks.filter((count) => count === 128)).toHaveLength(38_389);
    expect([Math.min(...table.blocks), Math.max(...table.blocks)]).toEqual([1, 136]);
    expect([table.lba.reduce((a, b) => Math.min(a, b)), Math.max(...table.lba)]).toEqual([
      15_943, 65_595_455,
    ]);
    // Bytes summed from the raw records, read another way.
    const raw = gunzipSync(readFileSync(path));
    let bytes = 0;
    for (let at = 0; at < raw.length; at += 32) bytes += raw.readUInt32LE(at + 4);
    expect(summary.bytesRead + summary.bytesWritten).toBe(bytes);
  });

  it('reads the MSR sample', ({ skip }) => {
    const path = recordedTrace('msr-cambridge-hm-sample.csv.gz');
    if (path === undefined) return skip('the recorded traces are not here');
    const { format, table, summary } = readTrace(path);
    expect(format).toBe('msr-csv');
    expect(summary).toMatchObject({ records: 1000, reads: 508, writes: 492, units: 1 });
    expect(summary.spanNs / 1e9).toBeCloseTo(127.23, 2);
    expect(Array.from(table.blocks).filter((count) => count === 8)).toHaveLength(547);
    const lines = gunzipSync(readFileSync(path)).toString().trim().split('\n');
    const first = BigInt(lines[0].split(',')[0]);
    const at = lines.map((line) => Number((BigInt(line.split(',')[0]) - first) * 100n));
    expect(Array.from(table.at)).toEqual(at);
  });

  it.each([
    'systor17-traces-sample.csv.gz',
    'disksim-ascii-postmark.trace.gz',
    'blktrace-loop0.blktrace.gz',
    'esxtop-batch-subset.csv.gz',
  ])('does not take %s for a format it knows', (name) => {
    const path = recordedTrace(name);
    if (path === undefined) return;
    expect(problemOf(() => readTrace(path)).message).toMatch(/no format vmtop knows/);
  });

  it('names file and position, says what was expected, and gives a hint', () => {
    const csv = folder.file('bad.csv', `${MSR}${MSR}128166372003061629,hm,0,Read,x,4096,1\n`);
    expect(problemOf(() => readTrace(csv))).toEqual({
      place: `${csv}:3`,
      message: 'Offset: expected a whole number from 0, found "x"',
      hint: 'a line is Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime',
    });
    const record = Buffer.from(
      'f400008000020000010000002a000001091a8f020000000022cf82be1f050000',
      'hex',
    );
    const cut = folder.file('cut.vscsi', Buffer.concat([record, record, record.subarray(0, 20)]));
    const problem = problemOf(() => readTrace(cut));
    expect(problem.place).toBe(`${cut}, record 3 at byte 64`);
    expect(problem.message).toBe("the file ends after 20 of the record's 32 bytes");
    expect(problem.hint).toMatch(/cut short/);
  });

  it.each([
    ['an empty file', new Uint8Array(0), /empty file/],
    ['an empty gzip file', gzipSync(''), /empty file/],
    ['binary garbage', Uint8Array.from({ length: 5000 }, (_, index) => index * 37), /no format/],
    ['text', 'To be, or not to be\n', /no format/],
    ['gzip cut short', gzipSync(MSR.repeat(100)).subarray(0, 60), /cut short/],
    ['gzip that is only a magic', Uint8Array.of(0x1f, 0x8b), /cut short/],
    ['damaged gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255), /damaged/],
    ['xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2), /found xz/],
    ['only skipped records', '1,a,0,Read,0,0,1\n', /at least one record/],
  ])('refuses %s', (name, content, message) => {
    const path = folder.file(name, content);
    const problem = problemOf(() => readTrace(path));
    expect(problem.place).toBe(path);
    expect(problem.message).toMatch(message);
    expect(problem.hint).toBeTruthy();
  });

  it('refuses what is no file', () => {
    expect(problemOf(() => readTrace(`${folder.path}/none`)).message).toBe('no such file');
    expect(problemOf(() => readTrace(folder.path)).message).toMatch(/found a directory/);
    expect(problemOf(() => readTrace('/dev/zero')).message).toMatch(/found a device/);
    expect(problemOf(() => readTrace('a\0b')).message).toMatch(/cannot be read/);
    expect(problemOf(() => readTrace(`${folder.file('f', MSR)}/x`)).message).toBe('no such file');
  });

  it('refuses a file it may not read', ({ skip }) => {
    const denied = fileError('x', Object.assign(new Error(), { code: 'EACCES' }));
    expect((denied as InputError).message).toMatch(
      /x: expected a readable file, permission denied/,
    );
    if (process.getuid?.() === 0) return skip('root may read everything');
    const path = folder.file('secret', MSR);
    chmodSync(path, 0);
    expect(problemOf(() => readTrace(path)).message).toMatch(/permission denied/);
  });

  it('stops at the limit, before and after decompression', () => {
    const plain = folder.file('large.csv', MSR.repeat(100));
    expect(problemOf(() => readTrace(plain, { bytesMax: 2048 })).message).toMatch(
      /at most 2 KB in the file/,
    );
    const bomb = folder.file('bomb.gz', gzipSync(new Uint8Array(1 << 24)));
    expect(problemOf(() => readTrace(bomb, { bytesMax: 1 << 20 })).message).toMatch(
      /at most 1 MB once decompressed/,
    );
  });

  it('takes the format it is told, and knows which there are', () => {
    const path = folder.file('told', `x${MSR}`);
    expect(problemOf(() => readTrace(path, { format: 'msr-csv' })).place).toBe(`${path}:1`);
    const problem = problemOf(() => readTrace(path, { format: 'nope' }));
    expect(problem.message).toBe('there is no trace format "nope"');
    expect(problem.hint).toMatch(/vscsi .*msr-csv/);
  });
});
