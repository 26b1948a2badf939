/** Columns of the lower half: what adapters, paths and devices count, over made-up samples. */
import { describe, expect, test } from 'vitest';
import type { Sample } from '../../src/engine/core/meters.js';
import { CHECK, HOST_NO_CONNECT, hostStatus, sense } from '../../src/engine/core/status.js';
import { views } from '../../src/engine/views/index.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import type { Row, Window } from '../../src/engine/views/kit/row.js';
import { type View, viewFields, viewRows } from '../../src/engine/views/kit/view.js';
import { loadScenario } from '../../src/scenario/load.js';
import { fitColumns } from '../../src/tui/table/columns.js';
import { Run, stopping } from '../simulation/support.js';
import { fakeLayout, NAA } from '../tui/fake-layout.js';

const SECONDS = 2;
const layout = fakeLayout();

/** Two seconds in which the counters came about. */
function windowOf(after: Record<string, Record<string, number>>): Window {
  const values = new Float64Array(layout.size);
  for (const [key, fields] of Object.entries(after)) {
    const [scope, name] = key.split(' ');
    layout.write(values, scope, name, fields);
  }
  const histograms = new Uint32Array(0);
  const before: Sample = { at: 0, values: new Float64Array(layout.size), histograms };
  const entities = new Entities(layout.entities);
  return { entities, before, after: { at: SECONDS * 1e9, values, histograms } };
}

function view(name: string): View {
  return views.find((candidate) => candidate.name === name) as View;
}

function cellsOf(name: string, row: Row): Record<string, string | number> {
  return Object.fromEntries(view(name).fields.map((field) => [field.id, field.value(row)]));
}

function cells(name: string, window: Window, row: string): Record<string, string | number> {
  return cellsOf(name, viewRows(view(name), window).find((found) => found.name === row) as Row);
}

const COUNTERS = { issued: 400, errors: 6, failedReads: 6, mergedFront: 20, mergedBack: 80 };
const RATES = { 'ISSUED/s': 200, 'FCMDS/s': 3, ERRORS: 6, 'MRGFR/s': 10, 'MRGBK/s': 40 };

test('adapters: rates per second, errors and restarts since the start', () => {
  const window = windowOf({
    'adapter vmhba1': { ...COUNTERS, blocked: 10, restarts: 3, split: 30, aborts: 4, resets: 2 },
  });
  expect(cells('adapter', window, 'vmhba1')).toMatchObject({
    ...RATES,
    'BLOCKED/s': 5,
    RESTARTS: 3,
    'SPLTCMD/s': 15,
    'ABRTS/s': 2,
    'RESETS/s': 1,
  });
});

test('an expanded adapter has the same figures for its paths', () => {
  const window = windowOf({ 'path vmhba1:C0:T0:L0': COUNTERS });
  const [adapter] = viewRows(view('adapter'), window);
  const path = adapter.children('path').find(({ name }) => name === 'vmhba1:C0:T0:L0') as Row;
  expect(cellsOf('adapter', path)).toMatchObject(RATES);
});

test('paths: what waits in the adapter, merges, splits, failures and the last error', () => {
  const window = windowOf({
    'path vmhba1:C0:T0:L0': {
      ...COUNTERS,
      queued: 5,
      split: 8,
      failures: 2,
      rank: 7,
      lastStatus: CHECK,
      lastSense: sense(0x06, 0x29, 0x00),
    },
  });
  expect(cells('path', window, 'vmhba1:C0:T0:L0')).toMatchObject({
    ...RATES,
    QUED: 5,
    'SPLTCMD/s': 4,
    FAILS: 2,
    RANK: 7,
    'LAST ERROR': 'H:0x0 D:0x2 P:0x0 0x6/0x29/0x0',
  });
  expect(cells('path', window, 'vmhba2:C0:T0:L0')['LAST ERROR']).toBe('');
});

test('devices: retries and failovers since the start, the newest error of their paths', () => {
  const window = windowOf({
    [`device ${NAA[0]}`]: { retries: 12, failovers: 2, activations: 1, conflicts: 6, aborts: 2 },
    'path vmhba1:C0:T0:L0': { lastStatus: CHECK, lastSense: 1, lastErrorAt: 1e9 },
    'path vmhba2:C0:T0:L0': { lastStatus: hostStatus(HOST_NO_CONNECT), lastErrorAt: 2e9 },
    'path vmhba2:C0:T0:L1': { lastStatus: CHECK, lastErrorAt: 3e9 },
  });
  expect(cells('device', window, NAA[0])).toMatchObject({
    RETRIES: 12,
    FAILOVR: 2,
    ACTIVTN: 1,
    'CONS/s': 3,
    'ABRTS/s': 1,
    'LAST ERROR': 'H:0x1 D:0x0 P:0x0',
  });
});

describe('on a screen of 80 columns', () => {
  const shown = (name: string): string[] => {
    const fields = viewFields(view(name), new Entities(layout.entities));
    return fitColumns(fields, 80, 0, ({ width }) => width, 0).map(({ field }) => field.id);
  };

  test('a path shows its state and its errors, a device its state and its latencies', () => {
    expect(shown('path')).toEqual(expect.arrayContaining(['STATE', 'FAILS', 'ERRORS', 'LAT/cmd']));
    expect(shown('device')).toEqual(
      expect.arrayContaining(['STATE', 'DQLEN', 'DAVG/cmd', 'KAVG/cmd', 'GAVG/cmd']),
    );
    expect(shown('adapter')).toEqual(expect.arrayContaining(['LINK', 'AQLEN', 'QUED', 'ERRORS']));
  });
});

test('order and merging have columns where an adapter has more than the order of arrival', () => {
  const ids = (entities: Entities): string[] =>
    viewFields(view('adapter'), entities).map(({ id }) => id);
  const special = fakeLayout().add('adapter', 'vmhba9', { order: 'elevator', merge: 'yes' }, []);
  expect(ids(new Entities(special.entities))).toEqual(
    expect.arrayContaining(['ORDER', 'MRGFR/s', 'MRGBK/s']),
  );
  for (const id of ['ORDER', 'MRGFR/s', 'MRGBK/s']) {
    expect(ids(new Entities(layout.entities))).not.toContain(id);
  }
});

// The drill takes one path of vmhba1 at 10 s and its link at 20 s; device loss takes 10 s more.
test('path-loss: each path of vmhba1 has failed once, whoever noticed', () => {
  const run = new Run(stopping(loadScenario('path-loss', {}), 0.5e9));
  run.simulation.runUntil(35e9);
  const after = run.simulation.sample();
  const entities = new Entities(run.simulation.entities);
  const rows = viewRows(view('path'), { entities, before: after, after });
  const fails = rows.map((row) => [row.label('adapter'), cellsOf('path', row).FAILS]);
  expect(fails).toEqual([
    ...Array.from({ length: 4 }, () => ['vmhba1', 1]),
    ...Array.from({ length: 4 }, () => ['vmhba2', 0]),
  ]);
  // No connection: what SCSI hosts answer for a target that is not there.
  expect(cellsOf('path', rows[0])['LAST ERROR']).toBe('H:0x1 D:0x0 P:0x0');
});
