/** Reading performance logs in CSV; layout: esxtop reference, section 6. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/engine/core/errors.js';
import { formatLine } from '../../../src/engine/formats/pdh/line.js';
import { PdhReader } from '../../../src/engine/formats/pdh/reader.js';

/** The illustrative file of the reference, section 6.4. */
const FILE = [
  '"(PDH-CSV 4.0) (UTC)(0)","\\\\esx01\\Physical Disk Adapter(vmhba0)\\Commands/sec","\\\\esx01\\Physical Disk SCSI Device(naa.600a)\\Average Driver MilliSec/Command","\\\\esx01\\Virtual Disk(db01:scsi0:0)\\Average MilliSec/Read"',
  '"09/14/2026 10:00:05","812.40","0.61","0.74"',
  '"09/14/2026 10:00:10","804.80","0.63","0.77"',
  '',
].join('\n');

interface Read {
  readonly header: string;
  readonly names: readonly string[];
  readonly samples: readonly (readonly [at: number, ...values: number[]])[];
  readonly cutShort: boolean;
}

/** @param wanted which columns, from 0; all without it */
function read(chunks: readonly Uint8Array[], wanted?: readonly number[]): Read {
  let header = '';
  let names: string[] = [];
  const samples: [number, ...number[]][] = [];
  const reader = new PdhReader(
    {
      header(text, columns) {
        header = text;
        names = columns.map(({ object, counter }) => `${object}: ${counter}`);
        const kept = wanted ?? columns.map((_, index) => index);
        const slots = new Int32Array(columns.length).fill(-1);
        for (const [slot, index] of kept.entries()) slots[index] = slot;
        return { slots, width: kept.length };
      },
      sample: (at, values) => samples.push([at, ...values]),
    },
    (bytes) => new TextDecoder().decode(bytes),
  );
  try {
    for (const chunk of chunks) reader.push(chunk);
    reader.end();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new Error(`${reader.line}, ${reader.place}: ${error.message}`);
  }
  return { header, names, samples, cutShort: reader.cutShort };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const readText = (text: string, wanted?: readonly number[]): Read => read([bytes(text)], wanted);
const AT = 1789380005;

describe('a log', () => {
  test('header and samples', () => {
    const { header, names, samples } = readText(FILE);
    expect(header).toBe('(PDH-CSV 4.0) (UTC)(0)');
    expect(names).toEqual([
      'Physical Disk Adapter: Commands/sec',
      'Physical Disk SCSI Device: Average Driver MilliSec/Command',
      'Virtual Disk: Average MilliSec/Read',
    ]);
    expect(samples).toEqual([
      [AT, 812.4, 0.61, 0.74],
      [AT + 5, 804.8, 0.63, 0.77],
    ]);
  });

  test('only the columns that are wanted', () => {
    expect(readText(FILE, [2]).samples).toEqual([
      [AT, 0.74],
      [AT + 5, 0.77],
    ]);
  });

  test('however it is cut into chunks', () => {
    const whole = readText(FILE);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: FILE.length })), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), FILE.length];
        const all = bytes(FILE);
        const chunks = at.slice(1).map((end, index) => all.slice(at[index], end));
        expect(read(chunks)).toEqual(whole);
      }),
    );
  });

  test('as others write it: no quotes, CRLF, a mark, a line of the collector, no seconds', () => {
    const bare = FILE.replaceAll('"', '').replaceAll('10:00:05', '10:00').replaceAll('\n', '\r\n');
    expect(readText(`\uFEFFcollected by x\r\n${bare}`).samples[0]).toEqual([
      AT - 5,
      812.4,
      0.61,
      0.74,
    ]);
    expect(readText(`\uFEFF${bare}`).samples).toHaveLength(2);
  });

  test('what is not there is no number', () => {
    const text = FILE.replace('"812.40","0.61","0.74"', '""," ","nan"');
    expect(readText(text).samples[0]).toEqual([AT, Number.NaN, Number.NaN, Number.NaN]);
  });

  test('numbers of other forms', () => {
    const text = FILE.replace('"812.40","0.61","0.74"', '"-10000000000000000000","1.5e3",".5"');
    expect(readText(text).samples[0]).toEqual([AT, -1e19, 1500, 0.5]);
  });

  test('names with quotes and commas', () => {
    const name = '\\\\h\\Virtual Disk(a "b", c:scsi0:0)\\Reads/sec';
    const text =
      formatLine(['(PDH-CSV 4.0) (UTC)(0)', name]) + formatLine(['09/14/2026 10:00:05', '1']);
    expect(text).toContain('a ""b"", c');
    expect(readText(text).samples).toEqual([[AT, 1]]);
  });

  test('a last line that was not written to its end is left out', () => {
    const { samples, cutShort } = readText(`${FILE}"09/14/2026 10:00:15","80`);
    expect(samples).toHaveLength(2);
    expect(cutShort).toBe(true);
    // Whole but for its line feed it counts.
    expect(readText(FILE.slice(0, -1))).toMatchObject({ cutShort: false, samples: { length: 2 } });
  });

  test('two files of one host, one after the other', () => {
    expect(readText(FILE + FILE).samples).toHaveLength(4);
  });
});

describe('what is wrong, and where', () => {
  test.each([
    ['', /^0, : expected a header/],
    ['just text\n'.repeat(20), /^16, : expected a header/],
    ['"(PDH-CSV 4.0) (UTC)(0)"\n', /^1, : expected at least one counter/],
    ['"(PDH-CSV 4.0) (UTC)(0)","Commands/sec"\n', /^1, column 2: expected the name of a counter/],
    [FILE.replace('0.63', '0,63'), /^3, column 3.*Average Driver.*expected a number, found "0,63"/],
    [FILE.replace('"0.63",', ''), /^3, : expected 4 fields as in the header, found 3/],
    [FILE.replace('"0.77"', '"0.77","1"'), /^3, column 5: .*found more/],
    [FILE.replace('09/14/2026 10:00:10', 'later'), /^3, column 1: expected a time.*"later"/],
    [FILE.replace('"0.63"', '"0.63'), /^3, .*: expected a comma after the closing quote/],
    [FILE.replace('"0.77"', '"0.77'), /^3, .*: expected a closing quote/],
    [FILE + FILE.replace('vmhba0', 'vmhba1'), /^4, column 1: found a second header/],
  ])('%#', (text, message) => {
    expect(() => readText(text)).toThrow(message);
  });

  test('whatever the bytes are, it is read or refused', () => {
    // Pieces of real lines, in any order, and any bytes between them.
    const piece = fc.oneof(
      fc.constantFrom(...FILE.split(/(?<=[,\n"\\])/).map(bytes)),
      fc.uint8Array({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), (pieces, after) => {
        try {
          read(after ? [bytes(FILE), ...pieces] : pieces);
        } catch (error) {
          expect((error as Error).message).toMatch(/^\d+, .*: (expected|found) /);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a line that never ends', () => {
    const chunk = new Uint8Array(16 << 20).fill(65);
    expect(() => read([chunk, chunk, chunk, chunk, chunk])).toThrow(/a line of at most/);
  });
});
