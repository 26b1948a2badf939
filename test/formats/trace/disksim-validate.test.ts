import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/engine/core/errors.js';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import { disksimValidate } from '../../../src/engine/formats/trace/disksim-validate.js';
import { TraceRecords } from '../../../src/engine/formats/trace-records.js';
import { readTrace } from '../../../src/input/read-trace.js';
import { recordedTrace } from '../../input/samples.js';
import { text } from './records.js';

function decode(content: string) {
  const records = new TraceRecords();
  disksimValidate.decode(text(content), records);
  return records.finish();
}

// Trace-format reference, section 9: op action blkno bcount service_us think_us.
const LINES = [
  'R Hit    1975456   4  15362.00000  56074.00000',
  'W Trip 212298    10     14221.730      5088.760',
  'R Doub   0   1  0.5 0',
];

describe('disksim-validate', () => {
  it.each([
    ['line feeds', `${LINES.join('\n')}\n`],
    ['no final newline', LINES.join('\n')],
    [
      'carriage returns, blank lines, tabs',
      `\r\n${LINES.join('\r\n\r\n').replaceAll(' ', '\t')}\r\n`,
    ],
    ['blanks around', `  ${LINES.join('  \n  ')}   `],
  ])('reads %s', (_what, content) => {
    const { table, summary } = decode(content);
    expect(summary).toMatchObject({ records: 3, reads: 2, writes: 1, maxLbaBlocks: 1975460 });
    expect([...table.op]).toEqual([READ, WRITE, READ]);
    expect([...table.lba]).toEqual([1975456, 212298, 0]);
    expect([...table.blocks]).toEqual([4, 10, 1]);
    expect([...(table.serviceNs ?? [])]).toEqual([15_362_000, 14_221_730, 500]);
    // The next arrives when this one has ended and its think time has passed.
    expect([...table.at]).toEqual([0, 71_436_000, 71_436_000 + 14_221_730 + 5_088_760]);
  });

  it.each([
    ['X Hit 1 1 1 1', 'op: expected R or W, found "X"'],
    ['R Near 1 1 1 1', 'action: expected one of Hit, Miss, Doub, Trip, found "Near"'],
    ['R Hit -1 1 1 1', 'blkno: expected a whole number'],
    ['R Hit 1 1 1.2.3 1', 'service_us: expected a decimal number'],
    ['R Hit 1 1 1', 'think_us: expected a decimal number from 0, found the end of the file'],
    ['R Hit 1 1 1 1 1', 'expected the end of the line, found "1"'],
    ['R Hit 99999999999999999 1 1 1', 'blkno: expected a number below 2^53'],
    ['R Hit 1 1 1e30 1', 'service_us: expected a decimal number'],
  ])('refuses %s', (line, message) => {
    expect(() => decode(`${LINES[0]}\n${line}`)).toThrow(FormatError);
    expect(() => decode(`${LINES[0]}\n${line}`)).toThrow(message);
  });

  it('passes over requests for nothing, and their time goes by', () => {
    const { table, summary } = decode(`${LINES[0]}\nR Hit 5 0 100 900\n${LINES[0]}`);
    expect(summary).toMatchObject({ records: 3, skipped: 1 });
    expect(table.at[1]).toBe(71_436_000 + 1_000_000);
  });

  // Counts and means of the table in shared/traces/README.md.
  it.each([
    ['atlas10k', 6569, 3431, 3893.1],
    ['barracuda', 6511, 3489, 6627.4],
    ['cheetah4LP', 6639, 3361, 5327.7],
    ['cheetah9LP', 6594, 3406, 4272.9],
    ['dec_rz26', 5424, 2556, 15808.7],
    ['hp_c2247a', 5115, 4884, 15298.2],
  ])('reads the recording of %s', (name, reads, writes, meanUs) => {
    const path = recordedTrace(`disksim-validate-${name}.trace.gz`);
    if (path === undefined) return;
    const { format, table, summary } = readTrace(path);
    expect(format).toBe('disksim-validate');
    expect(summary).toMatchObject({ reads, writes, skipped: 0, sorted: false });
    const services = table.serviceNs ?? new Float64Array(0);
    expect(services.reduce((sum, ns) => sum + ns, 0) / services.length / 1000).toBeCloseTo(
      meanUs,
      1,
    );
  });
});
