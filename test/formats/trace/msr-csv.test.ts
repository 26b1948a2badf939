import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/engine/core/errors.js';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import { msrCsv } from '../../../src/engine/formats/trace/msr-csv.js';
import { TraceRecords } from '../../../src/engine/formats/trace-records.js';
import { text } from './records.js';

function decode(content: string) {
  const records = new TraceRecords();
  msrCsv.decode(text(content), records);
  return records.finish();
}

const LINES = [
  '128166372003061629,hm,0,Read,8192,4096,100',
  '128166372003061630,hm,1,Write,4398046511104,65536,200',
  '128166372103061629,src1,0,Read,512,512,300',
  '128166372103061629,hm,0,Write,0,1024,400',
];

describe('msr-csv', () => {
  it.each([
    ['line feeds', `${LINES.join('\n')}\n`],
    ['no final newline', LINES.join('\n')],
    ['carriage returns and blank lines', `\r\n${LINES.join('\r\n')}\r\n\r\n`],
    [
      'a header',
      `Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime\n${LINES.join('\n')}`,
    ],
  ])('decodes with %s', (_, content) => {
    expect(msrCsv.sniff(text(content))).toBe(true);
    const { table, summary } = decode(content);
    // One tick is 100 ns: differences of stamps above 2^53 are exact.
    expect(Array.from(table.at)).toEqual([0, 100, 10_000_000_000, 10_000_000_000]);
    expect(Array.from(table.op)).toEqual([READ, WRITE, READ, WRITE]);
    expect(Array.from(table.lba)).toEqual([16, 8589934592, 1, 0]);
    expect(Array.from(table.blocks)).toEqual([8, 128, 1, 2]);
    expect(Array.from(table.unit)).toEqual([0, 1, 2, 0]);
    expect(summary).toEqual({
      records: 4,
      reads: 2,
      writes: 2,
      others: 0,
      skipped: 0,
      rounded: 0,
      sorted: false,
      bytesRead: 4608,
      bytesWritten: 66560,
      spanNs: 10_000_000_000,
      units: 3,
      maxLbaBlocks: 8589934720,
    });
  });

  it('subtracts stamps that only differ above or below their lower nine digits', () => {
    const { table } = decode(
      ['128166372999999999', '128166373000000000', '128166374000000001']
        .map((stamp) => `${stamp},a,0,Read,0,512,1`)
        .join('\n'),
    );
    expect(Array.from(table.at)).toEqual([0, 100, 100_000_000_200]);
  });

  it('sorts lines that are out of order', () => {
    const { table, summary } = decode('300,a,0,Read,0,512,1\n100,a,0,Write,512,512,1\n');
    expect(Array.from(table.at)).toEqual([0, 20_000]);
    expect(Array.from(table.op)).toEqual([WRITE, READ]);
    expect(summary.sorted).toBe(true);
  });

  it('widens what begins or ends inside a block, skips what has no bytes', () => {
    const { table, summary } = decode('1,a,0,Read,1000,100,1\n2,a,0,Read,512,0,1\n');
    // Bytes 1000 to 1099 lie in blocks 1 and 2.
    expect([table.lba[0], table.blocks[0]]).toEqual([1, 2]);
    expect(summary).toMatchObject({ records: 2, reads: 1, skipped: 1, rounded: 1 });
  });

  it.each([
    ['1,a,0,Read,0,512', 'ResponseTime: expected a comma before it, found the end of the file'],
    ['1,a,0,Read,0,-512,1', 'Size: expected a whole number from 0, found "-512"'],
    ['1,a,0,Read,NaN,512,1', 'Offset: expected a whole number from 0, found "NaN"'],
    ['1,a,0,Read,1e3,512,1', 'Offset: expected a whole number from 0, found "1e3"'],
    ['1,a,0,Read,9007199254740992,512,1', 'Offset: expected a number below 2^53'],
    ['1,a,0,Read,0,9007199254740991,1', 'length of'],
    ['1,a,0,Read,,512,1', 'Offset: expected a whole number from 0, found nothing'],
    ['1,a,0,Erase,0,512,1', 'Type: expected Read or Write, found "Erase"'],
    ['1,a,0,Read,0,512,1,9', 'expected the end of the line, found'],
    ['1,,0,Read,0,512,1', 'Hostname: expected 1 to 255 characters'],
    [`1,${'a'.repeat(300)},0,Read,0,512,1`, 'Hostname: expected 1 to 255 characters'],
    ['x,a,0,Read,0,512,1', 'Timestamp: expected a whole number of up to 20 digits, found "x"'],
    [`${'1'.repeat(21)},a,0,Read,0,512,1`, 'Timestamp: expected a whole number of up to 20 digits'],
    ['928166372003061629,a,0,Read,0,512,1', '104 days'],
    ['1,a,0,\u0007\u0000,0,512,1', 'found "??"'],
  ])('refuses %s', (line, message) => {
    const records = new TraceRecords();
    const content = `1,a,0,Read,0,512,1\n\n${line}`;
    const run = (): void => msrCsv.decode(text(content), records);
    expect(run).toThrow(FormatError);
    expect(run).toThrow(message);
    expect(records.record).toBe(3);
  });

  it.each(['', '\n\n', 'hello', 'a,b,c,d,e,f,g', 'Timestamp,Response,IOType,LUN,Offset,Size\n'])(
    'does not take %j for a trace',
    (content) => {
      expect(msrCsv.sniff(text(content))).toBe(false);
    },
  );
});
