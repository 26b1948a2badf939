/** Percentiles of devices, virtual disks and machines, and rows that are sums of others. */
import { describe, expect, test } from 'vitest';
import { bucketOf, HISTOGRAM_BUCKETS } from '../../src/engine/core/histogram.js';
import { TRAFFIC_FIELDS } from '../../src/engine/core/traffic.js';
import { views } from '../../src/engine/views/index.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import { Row, type Window } from '../../src/engine/views/kit/row.js';
import { SumRow } from '../../src/engine/views/kit/sum-row.js';
import { Layout } from '../tui/fake-layout.js';

const layout = new Layout().add('vm', 'web1', { host: 'esx1' }, ['stunned']);
for (const disk of ['scsi0:0', 'scsi0:1']) {
  const labels = { vm: 'web1', host: 'esx1', datastore: 'ds1' };
  layout.add('disk', `web1:${disk}`, labels, [...TRAFFIC_FIELDS, 'active'], true);
}

/** 900 reads of 1 ms on one disk and 100 writes of 100 ms on the other, within one second. */
function window(): Window {
  const histograms = (scale: number): Uint32Array => {
    const counts = new Uint32Array(2 * HISTOGRAM_BUCKETS);
    counts[bucketOf(1e6)] = 900 * scale;
    counts[HISTOGRAM_BUCKETS + bucketOf(100e6)] = 100 * scale;
    // What was slow before the window does not count.
    counts[bucketOf(5e9)] = 1000;
    return counts;
  };
  const before = new Float64Array(layout.size);
  const after = new Float64Array(layout.size);
  layout.write(after, 'disk', 'web1:scsi0:0', { reads: 900, readNs: 900e6, active: 3 });
  layout.write(after, 'disk', 'web1:scsi0:1', { writes: 100, writeNs: 10_000e6, active: 4 });
  return {
    entities: new Entities(layout.entities),
    before: { at: 0, values: before, histograms: histograms(0) },
    after: { at: 1e9, values: after, histograms: histograms(1) },
  };
}

function cells(name: string, row: Row): Record<string, unknown> {
  const found = views.find((view) => view.name === name);
  return Object.fromEntries((found?.fields ?? []).map(({ id, value }) => [id, value(row)]));
}

/** Buckets are 1/16 of an octave wide: at most 6.25 % of the value. */
function expectNear(value: unknown, ms: number): void {
  expect(Math.abs(Number(value) / ms - 1)).toBeLessThan(0.0625);
}

describe('percentiles', () => {
  test('of a machine are over the commands of all its disks', () => {
    const now = window();
    const row = cells('vm', new Row(now, layout.find('vm', 'web1')));
    expectNear(row['LAT/p50'], 1);
    // 900 of 1,000 are fast: the 95th of 100 is not.
    expectNear(row['LAT/p95'], 100);
    expectNear(row['LAT/p99'], 100);
    expectNear(row['LAT/max'], 100);
    // The mean hides both: (900 x 1 + 100 x 100) / 1,000.
    expect(row['LAT/cmd']).toBeCloseTo(10.9, 9);
  });

  test('of a disk are its own', () => {
    const row = cells('virtual-disk', new Row(window(), layout.find('disk', 'web1:scsi0:0')));
    expectNear(row['LAT/max'], 1);
  });

  test('are nothing where nobody counts', () => {
    const plain = new Layout().add('disk', 'x:scsi0:0', { vm: 'x' }, [...TRAFFIC_FIELDS]);
    const now = { ...window(), entities: new Entities(plain.entities) };
    expect(
      cells('virtual-disk', new Row(now, plain.find('disk', 'x:scsi0:0')))['LAT/p99'],
    ).toBeNaN();
  });
});

test('a machine that is rolled up shows the sums of its disks', () => {
  const sum = new SumRow(window(), layout.find('vm', 'web1'), 'disk');
  const row = cells('virtual-disk', sum);
  expect(row).toMatchObject({ VMNAME: 'web1', VDEVNAME: '', NVDISK: 2, ACTV: 7 });
  expect(row).toMatchObject({ 'CMDS/s': 1000, 'READS/s': 900, 'WRITES/s': 100 });
  expect(row).toMatchObject({ 'LAT/rd': 1, 'LAT/wr': 100 });
  expectNear(row['LAT/p95'], 100);
  expect(sum.in(window()).now('active')).toBe(7);
});
