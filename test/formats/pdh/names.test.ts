/** Names of counters and times of samples; rules: esxtop reference, section 6.1. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatCounterPath,
  parseCounterPath,
} from '../../../src/engine/formats/pdh/counter-path.js';
import { formatStamp, parseStamp } from '../../../src/engine/formats/pdh/stamp.js';
import { sampleTimes } from '../../../src/engine/formats/pdh/times.js';

describe('names of counters', () => {
  test.each([
    [
      '\\\\esx01\\Memory\\Memory Overcommit (1 Minute Avg)',
      'Memory',
      '',
      'Memory Overcommit (1 Minute Avg)',
    ],
    [
      '\\\\esx01\\Physical Disk Adapter(vmhba0)\\Commands/sec',
      'Physical Disk Adapter',
      'vmhba0',
      'Commands/sec',
    ],
    [
      '\\\\esx01\\Virtual Disk(SQL02 (502e-uuid):scsi0:0)\\Reads/sec',
      'Virtual Disk',
      'SQL02 (502e-uuid):scsi0:0',
      'Reads/sec',
    ],
    ['\\\\esx01\\Physical Cpu(0)\\% Util Time', 'Physical Cpu', '0', '% Util Time'],
  ])('%s', (text, object, instance, counter) => {
    expect(parseCounterPath(text)).toEqual({ host: 'esx01', object, instance, counter });
    expect(formatCounterPath({ host: 'esx01', object, instance, counter })).toBe(text);
  });

  test.each([
    '',
    'Commands/sec',
    '\\\\',
    '\\\\esx01',
    '\\\\esx01\\Commands',
    '\\\\\\a\\b',
    '\\\\h\\a(b\\c',
  ])('is none: %j', (text) => expect(parseCounterPath(text)).toBeUndefined());
});

describe('times', () => {
  test('known instants', () => {
    // Seconds since 1970 from Python's datetime.
    expect(parseStamp('09/14/2026 10:00:05')).toBe(1789380005);
    expect(parseStamp('02/29/2000 23:59:59')).toBe(951868799);
    expect(parseStamp('12/31/1969 23:59:59')).toBe(-1);
    expect(formatStamp(1789380005.75)).toBe('09/14/2026 10:00:05');
  });

  test('as Windows and as spreadsheets write them', () => {
    expect(parseStamp('09/14/2026 10:00:05.250')).toBe(1789380005.25);
    expect(parseStamp('9/14/2026 10:00')).toBe(1789380000);
  });

  test.each([
    '',
    'now',
    '13/01/2026 00:00:00',
    '02/29/2026 00:00:00',
    '01/01/2026 24:00:00',
    '2026-01-01',
  ])('is none: %j', (text) => expect(parseStamp(text)).toBeUndefined());

  test('every second of four centuries is written and read back as the calendar has it', () => {
    fc.assert(
      fc.property(fc.integer({ min: -6e9, max: 6e9 }), (seconds) => {
        const [, year, month, day, time] =
          /^(\d{4})-(\d{2})-(\d{2})T(.{8})/.exec(new Date(seconds * 1000).toISOString()) ?? [];
        expect(formatStamp(seconds)).toBe(`${month}/${day}/${year} ${time}`);
        expect(parseStamp(formatStamp(seconds))).toBe(seconds);
      }),
    );
  });
});

describe('when samples were taken', () => {
  test('from one interval before the first', () => {
    expect([...sampleTimes([100, 105, 112])]).toEqual([5, 10, 17]);
  });

  test('one sample is taken to be about the usual 5 s', () => {
    expect([...sampleTimes([100])]).toEqual([5]);
  });

  test('samples that share a stamp are spread up to the next one', () => {
    // Four in a minute, then one: seconds were cut off. The last goes on at the usual pace.
    expect([...sampleTimes([0, 0, 0, 0, 60])]).toEqual([15, 30, 45, 60, 75]);
  });

  test('a clock set back does not turn time around', () => {
    const times = [...sampleTimes([100, 105, 110, 50, 55, 60])];
    expect(times).toEqual([5, 10, 15, 20, 25, 30]);
  });
});
