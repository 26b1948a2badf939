import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/engine/core/errors.js';
import { Stream } from '../../../src/engine/core/random.js';
import { TRACE_FORMATS } from '../../../src/engine/formats/trace/index.js';
import { TraceRecords } from '../../../src/engine/formats/trace-records.js';
import { encodeVscsi, READ_10, text, WRITE_10 } from './records.js';

const FOLDER = join(import.meta.dirname, '../../../src/engine/formats/trace');
const ROUNDS = 2000;

/** A correct trace of each format, to be damaged. */
const SAMPLES: readonly Uint8Array[] = [
  ...([1, 2] as const).map((version) =>
    encodeVscsi(
      version,
      Array.from({ length: 12 }, (_, index) => ({
        cmd: index % 3 === 0 ? WRITE_10 : READ_10,
        len: 4096,
        lbn: BigInt(index * 8),
        ts: BigInt(1_000_000 + index * 250),
      })),
    ),
  ),
  text(
    Array.from(
      { length: 12 },
      (_, index) => `12816637200306${1000 + index},hm,${index % 2},Read,${index * 512},512,9`,
    ).join('\n'),
  ),
  text(
    Array.from({ length: 12 }, (_, index) => `R Hit ${index * 8} 4 ${index}.5 2000.00`).join('\n'),
  ),
];

/** Decodes or throws FormatError; the table never holds more than the bytes could describe. */
function decodes(bytes: Uint8Array): void {
  for (const format of TRACE_FORMATS) {
    format.sniff(bytes.subarray(0, 4096));
    const records = new TraceRecords();
    try {
      format.decode(bytes, records);
      const { table } = records.finish();
      expect(table.count).toBeLessThanOrEqual(bytes.length / 14 + 1);
      for (let index = 0; index < table.count; index++) {
        expect(table.at[index]).toBeGreaterThanOrEqual(index === 0 ? 0 : table.at[index - 1]);
        expect(Number.isSafeInteger(table.lba[index] + table.blocks[index])).toBe(true);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
    }
  }
}

describe('trace formats', () => {
  it('are all in the catalogue, each in a file of its name', () => {
    const files = readdirSync(FOLDER)
      .filter((file) => file !== 'index.ts')
      .map((file) => file.replace('.ts', ''));
    expect(TRACE_FORMATS.map(({ name }) => name).sort()).toEqual(files.sort());
  });

  it('recognise their own sample and no other', () => {
    const found = SAMPLES.map((sample) =>
      TRACE_FORMATS.filter((format) => format.sniff(sample)).map(({ name }) => name),
    );
    expect(found).toEqual([['vscsi'], ['vscsi'], ['msr-csv'], ['disksim-validate']]);
  });

  it('survive random bytes', () => {
    const stream = new Stream(1, 'random bytes');
    for (let round = 0; round < ROUNDS; round++) {
      decodes(Uint8Array.from({ length: stream.below(300) }, () => stream.next()));
    }
  });

  it('survive damaged samples', () => {
    const stream = new Stream(2, 'damaged samples');
    for (let round = 0; round < ROUNDS; round++) {
      for (const sample of SAMPLES) {
        const bytes = sample.slice(0, sample.length - (stream.below(4) ? 0 : stream.below(40)));
        for (let flips = 1 + stream.below(4); flips > 0; flips--) {
          bytes[stream.below(bytes.length)] = stream.next();
        }
        decodes(bytes);
      }
    }
  });
});
