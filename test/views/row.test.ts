import { describe, expect, test } from 'vitest';
import { bucketOf, HISTOGRAM_BUCKETS } from '../../src/engine/core/histogram.js';
import type { EntityInfo, Sample } from '../../src/engine/core/meters.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import { formatCell } from '../../src/engine/views/kit/format.js';
import { Row } from '../../src/engine/views/kit/row.js';

const info: EntityInfo = {
  index: 0,
  scope: 'device',
  name: 'naa.1',
  labels: { host: 'esx1' },
  fields: ['reads', 'readNs', 'active'],
  base: 1,
  histogram: 0,
};

function sample(
  at: number,
  values: readonly number[],
  counts: Record<number, number> = {},
): Sample {
  const histograms = new Uint32Array(HISTOGRAM_BUCKETS);
  for (const [ns, count] of Object.entries(counts)) histograms[bucketOf(Number(ns))] = count;
  return { at, values: Float64Array.from(values), histograms };
}

/** Two seconds in which 100 reads took 5 ms each. */
function row(after = sample(3e9, [0, 150, 0.6e9, 7])): Row {
  const before = sample(1e9, [0, 50, 0.1e9, 3]);
  return new Row({ entities: new Entities([info]), before, after }, info);
}

describe('a row', () => {
  test('reads gauges at the end, counters as growth, rates per simulated second', () => {
    expect(row().now('active')).toBe(7);
    expect(row().grown('reads')).toBe(100);
    expect(row().rate('reads')).toBe(50);
    expect(row().meanMs(['readNs'], ['reads'])).toBe(5);
  });

  test('without commands a mean is 0, without the field it is nothing', () => {
    const quiet = row(sample(3e9, [0, 50, 0.1e9, 0]));
    expect(quiet.meanMs(['readNs'], ['reads'])).toBe(0);
    expect(quiet.meanMs(['writeNs'], ['writes'])).toBeNaN();
    expect(quiet.rate('writes')).toBeNaN();
  });

  test('an empty window has no rates but states', () => {
    const window = {
      entities: new Entities([info]),
      before: sample(5, [0, 1, 2, 3]),
      after: sample(5, [0, 1, 2, 3]),
    };
    expect(new Row(window, info).rate('reads')).toBe(0);
    expect(new Row(window, info).now('active')).toBe(3);
  });

  test('an object that appeared within the window counts from zero', () => {
    const window = {
      entities: new Entities([info]),
      before: sample(0, []),
      after: sample(1e9, [0, 8, 0, 0]),
    };
    expect(new Row(window, info).rate('reads')).toBe(8);
  });

  test('quantiles are of the window, not since the start', () => {
    const before = sample(1e9, [0, 0, 0, 0], { 50e6: 1000 });
    const after = sample(2e9, [0, 0, 0, 0], { 50e6: 1000, 2e6: 100 });
    const p99 = new Row({ entities: new Entities([info]), before, after }, info).quantileMs(0.99);
    // Buckets are 6.25 % wide at most.
    expect(p99).toBeGreaterThan(2 * 0.93);
    expect(p99).toBeLessThan(2 * 1.07);
  });
});

describe('relations', () => {
  const entity = (
    index: number,
    scope: string,
    name: string,
    labels: Record<string, string>,
  ): EntityInfo => ({
    ...info,
    index,
    scope,
    name,
    labels,
  });
  const all = new Entities([
    entity(0, 'adapter', 'vmhba1', { host: 'esx1' }),
    entity(1, 'adapter', 'vmhba1', { host: 'esx2' }),
    entity(2, 'path', 'vmhba1:C0:T0:L0', { host: 'esx1', adapter: 'vmhba1' }),
    entity(3, 'path', 'vmhba1:C0:T0:L0', { host: 'esx2', adapter: 'vmhba1' }),
    entity(4, 'pool', 'fast', { array: 'a1' }),
    entity(5, 'pool', 'fast', { array: 'a2' }),
    entity(6, 'lun', 'lun0', { array: 'a2', pool: 'fast' }),
  ]);

  test('equal names on other hosts are other objects', () => {
    expect(all.children(all.all[0], 'path').map(({ index }) => index)).toEqual([2]);
    expect(all.children(all.all[1], 'path').map(({ index }) => index)).toEqual([3]);
    expect(all.parent(all.all[3], 'adapter')?.index).toBe(1);
  });

  test('equal names in other arrays are other objects', () => {
    expect(all.parent(all.all[6], 'pool')?.index).toBe(5);
  });
});

describe('cells', () => {
  test('two decimals, and a dash for what does not apply', () => {
    expect(formatCell('fixed', 342.567, 9)).toBe('342.57');
    expect(formatCell('fixed', 0, 9)).toBe('0.00');
    expect(formatCell('fixed', Number.NaN, 9)).toBe('-');
    expect(formatCell('text', '', 9)).toBe('-');
    expect(formatCell('fixed', -0.001, 9)).toBe('0.00');
  });

  test('3 of 128 active is 2 %, as esxtop shows it', () => {
    expect(formatCell('percent', (100 * 3) / 128, 4)).toBe('2');
  });

  test('numbers too long for their column lose decimals, then count in thousands', () => {
    expect(formatCell('fixed', 232971.42, 9)).toBe('232971.42');
    expect(formatCell('fixed', 1232971.42, 9)).toBe('1232971.4');
    expect(formatCell('fixed', 1232971.42, 5)).toBe('1233k');
    expect(formatCell('count', 123_456_789, 5)).toBe('123M'.padStart(4));
  });

  test('sizes and times have units', () => {
    // Three digits whatever the size, so that numbers of a column stand under one another.
    expect(formatCell('blocks', 2 ** 21, 9)).toBe('1.00 GB');
    expect(formatCell('blocks', 2 ** 21 * 64.3, 9)).toBe('64.3 GB');
    expect(formatCell('blocks', 2 ** 21 * 1023.8, 9)).toBe('1.00 TB');
    expect(formatCell('blocks', 0, 9)).toBe('0 B');
    expect(formatCell('duration', 90e9, 9)).toBe('90 s');
  });
});
