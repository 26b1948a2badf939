import { FormatError } from '../../core/errors.js';
import { READ, WRITE } from '../../core/io.js';
import { Csv, WIDE_BASE } from '../csv.js';
import { defineTrace } from '../define-trace.js';

/**
 * Traces of Microsoft Research Cambridge (Narayanan et al., FAST 2008): CSV without a header, times
 * in ticks of 100 ns since 1601, addresses and sizes in bytes. Trace-format reference, section 2.
 * Each (host, disk) is a unit, numbered in order of appearance. The response time is not used.
 */
const NS_PER_TICK = 100;

/** Numbers the units; neighbouring lines mostly have the same one, and then no string is made. */
class Units {
  private readonly known = new Map<string, number>();
  private start = 0;
  private end = 0;
  private last = -1;

  get count(): number {
    return this.known.size;
  }

  /** @param start span of `host,disk` in the bytes */
  of(csv: Csv, start: number, end: number): number {
    if (this.last >= 0 && this.same(csv.bytes, start, end)) return this.last;
    const name = csv.string(start, end);
    let unit = this.known.get(name);
    if (unit === undefined) {
      unit = this.known.size;
      this.known.set(name, unit);
    }
    this.start = start;
    this.end = end;
    this.last = unit;
    return unit;
  }

  private same(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== this.end - this.start) return false;
    for (let index = start, old = this.start; index < end; index++, old++) {
      if (bytes[index] !== bytes[old]) return false;
    }
    return true;
  }
}

const READ_WORD = [0x72, 0x65, 0x61, 0x64];
const WRITE_WORD = [0x77, 0x72, 0x69, 0x74, 0x65];

/** `Read` or `Write`, in any case. */
function readType(csv: Csv): number {
  const { position } = csv;
  csv.text('Type');
  if (isWord(csv, READ_WORD)) return READ;
  if (isWord(csv, WRITE_WORD)) return WRITE;
  csv.position = position;
  return csv.refuse('Type', 'Read or Write');
}

function isWord(csv: Csv, word: readonly number[]): boolean {
  const { bytes, start, end } = csv;
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index++) {
    if ((bytes[start + index] | 0x20) !== word[index]) return false;
  }
  return true;
}

/** Copies of these traces exist with a line of column names on top. */
function isHeader(csv: Csv): boolean {
  return csv.line === 1 && (csv.bytes[csv.position] | 0x20) === 0x74;
}

export const msrCsv = defineTrace({
  name: 'msr-csv',
  summary: 'MSR Cambridge block trace, CSV',
  layout: 'a line is Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime',
  position: 'line',

  sniff(head) {
    const csv = new Csv(head);
    if (!csv.nextLine()) return false;
    if (isHeader(csv)) return csv.string(0, 19).toLowerCase() === 'timestamp,hostname,';
    try {
      csv.wide('Timestamp');
      csv.comma('Hostname');
      csv.text('Hostname');
      csv.comma('DiskNumber');
      csv.integer('DiskNumber');
      csv.comma('Type');
      readType(csv);
      return true;
    } catch (error) {
      if (error instanceof FormatError) return false;
      throw error;
    }
  },

  decode(bytes, records) {
    const csv = new Csv(bytes);
    const units = new Units();
    let firstHigh = -1;
    let firstLow = 0;
    while (csv.nextLine()) {
      records.record = csv.line;
      records.offset = csv.position;
      if (isHeader(csv)) {
        csv.skipLine();
        continue;
      }
      csv.wide('Timestamp');
      const { high, low } = csv;
      if (firstHigh < 0) {
        firstHigh = high;
        firstLow = low;
      }
      csv.comma('Hostname');
      csv.text('Hostname');
      const { start } = csv;
      csv.comma('DiskNumber');
      csv.integer('DiskNumber');
      const unit = units.of(csv, start, csv.position);
      csv.comma('Type');
      const op = readType(csv);
      csv.comma('Offset');
      const offset = csv.integer('Offset');
      csv.comma('Size');
      const bytesMoved = csv.integer('Size');
      csv.comma('ResponseTime');
      csv.text('ResponseTime');
      csv.endLine();
      // Halves are subtracted first: ticks themselves are above 2^53, their differences are not.
      const ticks = (high - firstHigh) * WIDE_BASE + (low - firstLow);
      records.addBytes(ticks * NS_PER_TICK, op, offset, bytesMoved, unit);
    }
    records.units = Math.max(1, units.count);
  },
});
