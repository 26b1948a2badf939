import { describe, expect, test } from 'vitest';
import type { Sample } from '../../src/engine/core/meters.js';
import { TRAFFIC_FIELDS } from '../../src/engine/core/traffic.js';
import { views } from '../../src/engine/views/index.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import { formatCell } from '../../src/engine/views/kit/format.js';
import { layerFigures } from '../../src/engine/views/kit/layers.js';
import type { Window } from '../../src/engine/views/kit/row.js';
import { defineView, type View, viewFields, viewRows } from '../../src/engine/views/kit/view.js';
import { fitColumns } from '../../src/tui/table/columns.js';
import { fakeLayout, type Layout, NAA } from '../tui/fake-layout.js';

type Counters = Record<string, Record<string, number>>;

/** One second in which the counters of `after` came about; keys are `scope name`. */
function windowOf(after: Counters, layout: Layout = fakeLayout()): Window {
  const values = new Float64Array(layout.size);
  for (const [key, fields] of Object.entries(after)) {
    const [scope, ...name] = key.split(' ');
    layout.write(values, scope, name.join(' '), fields);
  }
  const histograms = new Uint32Array(0);
  const before: Sample = { at: 0, values: new Float64Array(layout.size), histograms };
  return {
    entities: new Entities(layout.entities),
    before,
    after: { at: 1e9, values, histograms },
  };
}

function view(name: string): View {
  const found = views.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no view ${name}`);
  return found;
}

/** A row's cells by column. */
function cells(name: string, window: Window, row: string): Record<string, string | number> {
  const found = viewRows(view(name), window).find((candidate) => candidate.name === row);
  if (found === undefined) throw new Error(`no row ${row}`);
  return Object.fromEntries(view(name).fields.map((field) => [field.id, field.value(found)]));
}

describe('every view', () => {
  test.each(views.map((entry) => [entry.name, entry] as const))(
    '%s has rows and finite cells',
    (_name, entry) => {
      const window = windowOf({});
      const rows = viewRows(entry, window);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        for (const field of entry.fields) {
          const value = field.value(row);
          // Nothing has happened: a number is 0 or not applicable, never infinite.
          if (typeof value === 'number') expect(Math.abs(value)).not.toBe(Number.POSITIVE_INFINITY);
          expect(field.help).not.toBe('');
          expect(field.level?.(value, row) ?? 0).toBeLessThanOrEqual(2);
        }
      }
    },
  );

  test('names and keys are unique, and titles fit their columns', () => {
    expect(new Set(views.map(({ name }) => name)).size).toBe(views.length);
    expect(new Set(views.map(({ key }) => key)).size).toBe(views.length);
    for (const { fields } of views) {
      for (const { id, width } of fields) expect(id.length).toBeLessThanOrEqual(width);
    }
  });

  test('charts do without histograms, which only the last window has', () => {
    const window = windowOf({});
    for (const entry of views) {
      const [row] = viewRows(entry, window);
      for (const id of entry.charts) {
        const field = entry.fields.find((candidate) => candidate.id === id);
        const value = field?.value(row);
        expect(field?.format === 'text', `${entry.name} ${id}`).toBe(false);
        expect(id.startsWith('LAT/p'), `${entry.name} ${id} is ${value}`).toBe(false);
      }
    }
  });
});

test('a view with two equal columns is a bug', () => {
  const twice = { ...views[0], fields: [...views[0].fields, views[0].fields[0]] };
  expect(() => defineView(twice)).toThrow(/two fields/);
});

test('a LUN knows how full its pool is; only thin ones worry', () => {
  const pool = { capacityBlocks: 1000, usedBlocks: 960 };
  const alarm = (allocatedBlocks: number): number => {
    const window = windowOf({
      'pool array1:pool1': pool,
      'lun lun0': { sizeBlocks: 500, allocatedBlocks },
    });
    const [row] = viewRows(view('lun'), window);
    const field = view('lun').fields.find(({ id }) => id === 'POOL%');
    expect(field?.value(row)).toBe(96);
    return field?.level?.(96, row) ?? Number.NaN;
  };
  expect(alarm(460)).toBe(2);
  expect(alarm(500)).toBe(0);
});

test('long times are told in long units, short ones in three digits', () => {
  const texts = [0, 90e9, 700e9, 25200e9, 345600e9].map((ns) => formatCell('duration', ns, 9));
  expect(texts).toEqual(['0 s', '90 s', '11.7 min', '7 h', '4 d']);
  const short = [585.53e9, 37.949e9, 999.51e6, 4.184e6].map((ns) => formatCell('until', ns, 9));
  expect(short).toEqual(['586 s', '37.9 s', '1 s', '4.18 ms']);
});

test('machines: the space of all files that are there, and how it grows', () => {
  const layout = fakeLayout();
  for (const name of ['one', 'two', 'gone']) {
    layout.add('file', name, { vm: 'web1', datastore: 'ds1', role: 'log' }, [
      'allocatedBlocks',
      'present',
    ]);
  }
  const window = windowOf(
    {
      'file one': { allocatedBlocks: 2048, present: 1 },
      'file two': { allocatedBlocks: 4096, present: 1 },
      'file gone': { allocatedBlocks: 0, present: 0 },
      'disk web1:scsi0:0': { allocatedBlocks: 2048 },
    },
    layout,
  );
  // 3 MB, all of them in this second.
  expect(cells('vm', window, 'web1')).toMatchObject({ ALLOC: 6144, 'GROW MB/s': 3 });
});

test('files: when the datastore is full concerns those that grow', () => {
  const layout = fakeLayout();
  const fields = ['allocatedBlocks', 'present'];
  for (const name of ['grows', 'rests']) {
    layout.add('file', name, { vm: 'web1', datastore: 'ds1', role: 'log' }, fields);
  }
  const window = windowOf(
    {
      'file grows': { allocatedBlocks: 500, present: 1 },
      'file rests': { present: 1 },
      'datastore ds1': { freeBlocks: 1_000 },
    },
    layout,
  );
  const store = window.entities.scope('datastore').find(({ name }) => name === 'ds1')!;
  window.before.values[store.base + store.fields.indexOf('freeBlocks')] = 1_500;
  expect(cells('file', window, 'grows')['DS FULL IN']).toBe(2e9);
  expect(cells('file', window, 'rests')['DS FULL IN']).toBe(Number.NaN);
});

test.each([
  ['locks', ['STATE', 'AGE', 'LOCKS', 'MISCOMP', 'RESVCONF', 'WAIT', 'BROKEN']],
  ['datastore', ['CAPACITY', 'FREE', '%USED', 'ALARM', '%PROV', 'FULL IN']],
])('%s: what an administrator looks for has room on 80 columns', (name, ids) => {
  const layout = fakeLayout().add(
    'mount',
    'ds1',
    { host: 'esx2', datastore: 'ds1', type: 'vmfs' },
    [],
  );
  const { entities } = windowOf({}, layout);
  const kept = fitColumns([...viewFields(view(name), entities)], 80, 0, () => 9, 0);
  expect(kept.map(({ field }) => field.id)).toEqual(expect.arrayContaining(ids));
});

test('locks: metadata I/O together, and ages without flicker', () => {
  const window = windowOf({
    'mount ds1': { beatAt: 0.0005e9, lockIos: 3, bitmapIos: 2, zeroIos: 9 },
  });
  expect(cells('locks', window, 'ds1')).toMatchObject({ 'META/s': 5, AGE: 1e9 });
});

test('the host column is shown only where there are several', () => {
  const one = new Entities(fakeLayout().entities);
  expect(viewFields(view('adapter'), one).some(({ id }) => id === 'HOST')).toBe(false);
  const layout = fakeLayout().add('adapter', 'vmhba1', { host: 'esx2' }, []);
  const two = new Entities(layout.entities);
  expect(viewFields(view('adapter'), two).some(({ id }) => id === 'HOST')).toBe(true);
});

describe('devices', () => {
  const device = {
    [`device ${NAA[0]}`]: {
      reads: 80,
      writes: 20,
      readNs: 80 * 6e6,
      writeNs: 20 * 6e6,
      deviceReadNs: 80 * 4e6,
      deviceWriteNs: 20 * 4e6,
      queueReadNs: 80 * 1.5e6,
      queueWriteNs: 20 * 1.5e6,
      readBlocks: 80 * 2048,
      active: 48,
      queued: 16,
      slots: 64,
    },
  };

  test('GAVG = DAVG + KAVG and QAVG is part of KAVG', () => {
    const row = cells('device', windowOf(device), NAA[0]);
    expect(row['GAVG/cmd']).toBe(6);
    expect(row['DAVG/cmd']).toBe(4);
    expect(row['KAVG/cmd']).toBe(2);
    expect(row['QAVG/cmd']).toBe(1.5);
  });

  test('queue columns and megabytes', () => {
    const row = cells('device', windowOf(device), NAA[0]);
    expect(row).toMatchObject({
      DQLEN: 64,
      ACTV: 48,
      QUED: 16,
      '%USD': 75,
      LOAD: 1,
      'CMDS/s': 100,
      'MBREAD/s': 80,
    });
  });

  test('states have words', () => {
    const lost = windowOf({ [`device ${NAA[0]}`]: { state: 3 } });
    expect(cells('device', lost, NAA[0]).STATE).toBe('PDL');
    const field = view('device').fields.find(({ id }) => id === 'STATE');
    expect(field?.level?.('PDL', viewRows(view('device'), lost)[0])).toBe(2);
  });

  test('an expanded device shows its worlds, with dashes for what worlds do not have', () => {
    const window = windowOf({});
    const worlds = viewRows(view('device'), window)[0].children('world');
    expect(worlds.map(({ name }) => name)).toEqual(['web1', 'web2']);
    const davg = view('device').fields.find(({ id }) => id === 'DAVG/cmd');
    expect(davg?.value(worlds[0])).toBeNaN();
  });
});

describe('adapters', () => {
  const window = windowOf({
    'adapter vmhba1': { reads: 100, readNs: 100 * 5e6, waitNs: 100 * 1e6, slots: 128, linkUp: 1 },
    'path vmhba1:C0:T0:L0': { reads: 75 },
    'path vmhba1:C0:T0:L1': { reads: 25 },
    [`device ${NAA[0]}`]: {
      reads: 75,
      readNs: 75 * 6e6,
      deviceReadNs: 75 * 4e6,
      queueReadNs: 75 * 1e6,
    },
    [`device ${NAA[1]}`]: {
      reads: 25,
      readNs: 25 * 10e6,
      deviceReadNs: 25 * 4e6,
      queueReadNs: 25 * 5e6,
    },
  });

  test('DAVG is the time below its own queue; KAVG and QAVG come from the devices by commands', () => {
    const row = cells('adapter', window, 'vmhba1');
    expect(row['DAVG/cmd']).toBe(4);
    expect(row['KAVG/cmd']).toBe((75 * 2 + 25 * 6) / 100);
    expect(row['QAVG/cmd']).toBe((75 * 1 + 25 * 5) / 100);
    expect(row['GAVG/cmd']).toBe(7);
    expect(row.NPTH).toBe(2);
  });

  test('an idle adapter shows 0.00', () => {
    expect(cells('adapter', window, 'vmhba2')).toMatchObject({
      'DAVG/cmd': 0,
      'KAVG/cmd': 0,
      'GAVG/cmd': 0,
    });
  });
});

test('paths say their state in words', () => {
  const window = windowOf({
    'path vmhba1:C0:T0:L0': { state: 3 },
    'path vmhba2:C0:T0:L0': { state: 1, working: 1 },
  });
  expect(cells('path', window, 'vmhba1:C0:T0:L0')).toMatchObject({ STATE: 'DEAD', 'I/O': '' });
  expect(cells('path', window, 'vmhba2:C0:T0:L0')).toMatchObject({
    STATE: 'active unopt',
    'I/O': 'yes',
  });
});

test('a degraded path that works says so; a dead one is dead', () => {
  const window = windowOf({
    'path vmhba1:C0:T0:L0': { state: 3, degraded: 1 },
    'path vmhba2:C0:T0:L0': { state: 1, degraded: 1 },
  });
  expect(cells('path', window, 'vmhba1:C0:T0:L0').STATE).toBe('DEAD');
  expect(cells('path', window, 'vmhba2:C0:T0:L0').STATE).toBe('DEGRADED');
});

test('a file below its datastore is named by its folder, not by the datastore again', () => {
  const [row] = viewRows(view('datastore'), windowOf({}));
  const field = view('datastore').fields.find(({ id }) => id === 'DATASTORE');
  const named = (name: string) => field?.value(Object.create(row, { name: { value: name } }));
  expect(named('[ds1] web1/web1-flat.vmdk')).toBe('web1/web1-flat.vmdk');
  expect(named('ds1')).toBe('ds1');
});

test('datastores: used, overcommitted', () => {
  const window = windowOf({
    'datastore ds1': { capacityBlocks: 1000, freeBlocks: 100, provisionedBlocks: 1500 },
  });
  expect(cells('datastore', window, 'ds1')).toMatchObject({ USED: 900, '%USED': 90, '%PROV': 150 });
});

test('datastores: one that is full is full now, however fast it grew', () => {
  const until = (fields: Record<string, number>) => {
    const window = windowOf({ 'datastore ds1': { capacityBlocks: 1000, ...fields } });
    const row = viewRows(view('datastore'), window).find(({ name }) => name === 'ds1');
    const field = view('datastore').fields.find(({ id }) => id === 'FULL IN');
    if (row === undefined || field === undefined) throw new Error('no such cell');
    const value = field.value(row);
    return [formatCell(field.format, value, field.width), field.level?.(value, row)];
  };
  expect(until({ freeBlocks: 900 })).toEqual(['-', 0]);
  const growing = { freeBlocks: 900, growthBlocks: 2 };
  expect(until({ ...growing, provisionedBlocks: 1001 })).toEqual(['450 s', 2]);
  // There is room for all it has promised: what is on it stops growing before.
  expect(until({ ...growing, provisionedBlocks: 1000 })).toEqual(['450 s', 0]);
  expect(until({ freeBlocks: 0, growthBlocks: 2 })).toEqual(['now', 2]);
  expect(until({ freeBlocks: 0 })).toEqual(['now', 2]);
  // What is free is less than a write needs.
  expect(until({ freeBlocks: 1, full: 1 })).toEqual(['now', 2]);
});

test('what lies on a full datastore is told so', () => {
  const window = windowOf({ 'datastore ds1': { full: 1 } });
  for (const name of ['growth', 'snapshot', 'file']) {
    const { format, width, value } = view(name).fields.find(({ id }) => id === 'DS FULL IN')!;
    const [row] = viewRows(view(name), window);
    expect(formatCell(format, value(row), width)).toBe('now');
  }
});

test('backups: progress, bytes, pace and time left have room on 80 columns', () => {
  const window = windowOf({ 'backup web1:scsi0:0': { phase: 2, leftNs: 444_823_111 } });
  // Pointer and mark, a name of 13 characters, and a gap before each column.
  const kept = fitColumns([...viewFields(view('backup'), window.entities)], 80, 0, () => 13, 0);
  const ids = kept.map(({ field }) => field.id);
  expect(ids).toEqual(expect.arrayContaining(['PHASE', '%DONE', 'TOREAD', 'MBREAD/s', 'LEFT']));
  const left = view('backup').fields.find(({ id }) => id === 'LEFT')!;
  const [row] = viewRows(view('backup'), window);
  const text = formatCell(left.format, left.value(row), left.width);
  expect(text).toBe('450 ms');
});

test('snapshots: a merge that goes on, or is needed, is told on 80 columns too', () => {
  const window = windowOf({ 'chain web1:scsi0:0': { consolidate: 1 } });
  const kept = fitColumns([...viewFields(view('snapshot'), window.entities)], 80, 0, () => 40, 0);
  const state = kept.find(({ field }) => field.id === 'STATE');
  expect(state?.width).toBeGreaterThanOrEqual(
    Math.max('merging 100%'.length, 'CONSOLIDATE'.length),
  );
  expect(cells('snapshot', window, 'web1:scsi0:0').STATE).toBe('CONSOLIDATE');
});

test('locks: columns of NFS are there where there is NFS of their version', () => {
  const shown = (layout: Layout) =>
    viewFields(view('locks'), new Entities(layout.entities)).map(({ id }) => id);
  const nfs = (version: string) =>
    fakeLayout().add('mount', 'n', { host: 'esx1', datastore: 'n', type: 'nfs', version }, []);
  expect(shown(fakeLayout())).not.toContain('SESSION');
  expect(shown(fakeLayout())).not.toContain('LCKFILE');
  expect(shown(nfs('3'))).toContain('LCKFILE');
  expect(shown(nfs('3'))).not.toContain('LEASE');
  expect(shown(nfs('4.1'))).toEqual(expect.arrayContaining(['SESSION', 'SLOTS', 'LEASE']));
});

test('LUNs: what snapshots of the array take, and how long hosts held it reserved', () => {
  const layout = fakeLayout();
  layout.add('lun', 'mine', { array: 'array1', pool: 'pool1', uid: 'naa.9' }, [
    'snapshots',
    'snapshotBlocks',
    'reservedNs',
  ]);
  const window = windowOf(
    { 'lun mine': { snapshots: 2, snapshotBlocks: 4096, reservedNs: 0.25e9 } },
    layout,
  );
  // A quarter of the second that passed.
  expect(cells('lun', window, 'mine')).toMatchObject({ SNAPS: 2, SNAPSIZE: 4096, 'RESV%': 25 });
});

test('growth: how long until the disk is full', () => {
  const window = windowOf({ 'disk web1:scsi0:0': { sizeBlocks: 10_000, allocatedBlocks: 1_000 } });
  const row = cells('growth', window, 'web1:scsi0:0');
  // 1,000 blocks in a second, 9,000 to go.
  expect(row['FULL IN']).toBe(9e9);
  expect(row['%ALLOC']).toBe(10);
});

test('growth: deltas count, and a disk that is small stops with its datastore', () => {
  const window = windowOf({
    'disk web1:scsi0:0': { sizeBlocks: 10_000, allocatedBlocks: 0 },
    'chain web1:scsi0:0': { deltaBytes: 3 * 1024 * 1024 },
    'datastore ds1': { freeBlocks: 1_000 },
  });
  // 3 MB in a second; nothing has left the free space yet.
  expect(cells('growth', window, 'web1:scsi0:0')).toMatchObject({
    DELTAS: 6144,
    'GROW MB/s': 3,
    'DS FULL IN': Number.NaN,
  });
  const store = window.entities.scope('datastore').find(({ name }) => name === 'ds1')!;
  window.before.values[store.base + store.fields.indexOf('freeBlocks')] = 1_500;
  // 500 blocks in a second, 1,000 are left.
  for (const view of ['growth', 'snapshot']) {
    expect(cells(view, window, 'web1:scsi0:0')['DS FULL IN']).toBe(2e9);
  }
});

test('machines: the sum of their disks', () => {
  const window = windowOf({
    'disk web1:scsi0:0': { reads: 10, readNs: 10 * 3e6 },
    'vm web1': { stunned: 1 },
  });
  expect(cells('vm', window, 'web1')).toMatchObject({
    'CMDS/s': 10,
    'LAT/cmd': 3,
    STATE: 'QUESTION',
    NVDISK: 1,
  });
});

describe('layers', () => {
  const n = 100;
  const window = windowOf({
    'disk web1:scsi0:0': { reads: n, readNs: n * 10e6, active: 4, queued: 1 },
    'vmdk web1:scsi0:0': { reads: n, readNs: n * 9.9e6 },
    'datastore ds1': { reads: n, readNs: n * 9.8e6 },
    'volume ds1': { reads: n, readNs: n * 9.7e6 },
    [`device ${NAA[0]}`]: {
      reads: n,
      readNs: n * 9.6e6,
      queueReadNs: n * 3e6,
      deviceReadNs: n * 6e6,
    },
    'path vmhba1:C0:T0:L0': { reads: n, readNs: n * 6.5e6 },
    'adapter vmhba1': { reads: n, readNs: n * 6.4e6, waitNs: n * 0.4e6 },
    'driver vmhba1': { reads: n, readNs: n * 6e6, busyNs: n * 0.1e6 },
    'port array1:A0': { reads: n, readNs: n * 5e6 },
    'spindle pool1:disk0': { reads: n, readNs: n * 4e6 },
  });
  const layers = layerFigures(window);
  const here = Object.fromEntries(layers.map(({ name, hereUs }) => [name, hereUs]));

  test('each layer keeps the difference to the one below', () => {
    expect(here.vscsi).toBeCloseTo(100, 6);
    expect(here.vmfiles).toBeCloseTo(100, 6);
    expect(here.filesystem).toBeCloseTo(100, 6);
    expect(here.block).toBeCloseTo(100, 6);
    expect(here.scheduler).toBeCloseTo(3000, 6);
    expect(here.psa).toBeCloseTo(200, 6);
    expect(here.adapter).toBeCloseTo(400, 6);
    expect(here.driver).toBeCloseTo(100, 6);
    expect(here.fabric).toBeCloseTo(900, 6);
    expect(here.array).toBeCloseTo(1000, 6);
    expect(here.disk).toBeCloseTo(4000, 6);
  });

  test('together they are the latency of the guests', () => {
    const sum = layers.slice(1).reduce((total, { hereUs }) => total + hereUs, 0);
    expect(sum).toBeCloseTo((layers[0]?.latencyMs ?? 0) * 1000, 6);
    expect(layers.reduce((total, { share }) => total + share, 0)).toBeCloseTo(1, 9);
  });

  test('without NFS there is no such line; with it its time is its own', () => {
    expect(layers.some(({ name }) => name === 'nfs')).toBe(false);
    const layout = fakeLayout().add('device', '{NFS}share', { host: 'esx1' }, TRAFFIC_FIELDS);
    const nfs = layerFigures(
      windowOf(
        {
          'datastore ds1': { reads: 10, readNs: 10 * 3e6 },
          'device {NFS}share': { reads: 10, readNs: 10 * 2e6 },
          'disk web1:scsi0:0': { reads: 10, readNs: 10 * 3e6 },
          'vmdk web1:scsi0:0': { reads: 10, readNs: 10 * 3e6 },
        },
        layout,
      ),
    );
    expect(nfs.at(-1)).toMatchObject({ name: 'nfs', hereUs: 2000 });
    expect(nfs.find(({ name }) => name === 'filesystem')?.hereUs).toBeCloseTo(1000, 6);
    expect(nfs.find(({ name }) => name === 'block')?.hereUs).toBe(0);
  });

  test('nothing in, nothing out', () => {
    for (const { share, hereUs } of layerFigures(windowOf({}))) {
      expect(share).toBe(0);
      expect(hereUs === 0 || Number.isNaN(hereUs)).toBe(true);
    }
  });
});
