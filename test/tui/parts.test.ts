import { describe, expect, test } from 'vitest';
import { views } from '../../src/engine/views/index.js';
import {
  areaChart,
  bar,
  niceTop,
  scaleTop,
  shortNumber,
  sparkline,
} from '../../src/tui/charts/area.js';
import { steps } from '../../src/tui/charts/contrib.js';
import { chartSeries } from '../../src/tui/charts/series.js';
import { clockOf, weigh } from '../../src/tui/events.js';
import { bindings, lookup } from '../../src/tui/keymap.js';
import { keyNames, typed } from '../../src/tui/keys.js';
import { screens } from '../../src/tui/screens.js';
import { initialState } from '../../src/tui/state.js';
import { fitColumns } from '../../src/tui/table/columns.js';
import { widthOf } from '../../src/tui/text.js';
import { colourDepth, makeTheme, needsAscii, type Tone } from '../../src/tui/theme.js';
import { activeScopes, press } from '../../src/tui/update.js';
import { World } from '../../src/tui/world.js';
import { PLAN } from './fake-engine.js';
import { fakeLayout } from './fake-layout.js';

const theme = makeTheme(1, false);
const none = {} as Parameters<typeof keyNames>[1];

describe('keys', () => {
  test('names, and several characters in one chunk', () => {
    expect(keyNames('ab', none)).toEqual(['a', 'b']);
    expect(keyNames(' ', none)).toEqual(['space']);
    expect(keyNames('c', { ...none, ctrl: true })).toEqual(['ctrl+c']);
    expect(keyNames('', { ...none, upArrow: true })).toEqual(['up']);
    expect(keyNames('', { ...none, tab: true, shift: true })).toEqual(['shift+tab']);
    expect(keyNames('', { ...none, delete: true })).toEqual(['backspace']);
  });

  test('mouse and focus reports are no keys', () => {
    expect(keyNames('[<0;10;5M', none)).toEqual([]);
    expect(keyNames('[I', none)).toEqual([]);
  });

  test('only characters type', () => {
    expect(typed('a')).toBe('a');
    expect(typed('space')).toBe(' ');
    expect(typed('enter')).toBeUndefined();
    expect(typed('up')).toBeUndefined();
  });
});

describe('keymap', () => {
  test('the innermost scope wins', () => {
    expect(lookup('q', ['global'])).toEqual({ do: 'quit' });
    expect(lookup('q', ['help'])).toEqual({ do: 'close' });
    expect(lookup('up', ['table', 'global'])).toEqual({ do: 'move', by: -1 });
    expect(lookup('up', ['overview', 'global'])).toBeUndefined();
  });

  test('a table key never hides a key that works everywhere', () => {
    const everywhere = new Set(
      bindings.filter(({ scope }) => scope === 'global').flatMap(({ keys }) => keys),
    );
    for (const { scope, keys } of bindings) {
      if (scope !== 'table' && scope !== 'events') continue;
      for (const key of keys) expect(everywhere.has(key), `${scope} ${key}`).toBe(false);
    }
  });

  test('every screen has its key', () => {
    for (const { name, key } of screens)
      expect(lookup(key, ['global'])).toEqual({ do: 'screen', name });
  });

  test('the letters of esxtop', () => {
    for (const [key, name] of [
      ['d', 'adapter'],
      ['u', 'device'],
      ['v', 'virtual-disk'],
    ]) {
      expect(lookup(key, ['global'])).toEqual({ do: 'screen', name });
    }
    expect(lookup('s', ['global'])).toEqual({ do: 'delay' });
    expect(lookup('h', ['global'])).toEqual({ do: 'help' });
    expect(lookup('?', ['global'])).toEqual({ do: 'help' });
  });
});

test('before the engine has answered, no key does harm', () => {
  const world = new World();
  for (const { scope, keys } of bindings) {
    for (const key of keys) {
      for (const screen of screens) {
        const state = { ...initialState(false), screen: screen.name };
        expect(() => press(state, key, world), `${scope} ${key} on ${screen.name}`).not.toThrow();
      }
    }
  }
  expect(activeScopes(initialState(false))).toEqual(['overview', 'global']);
});

describe('columns', () => {
  const device = views.find(({ name }) => name === 'device');
  const fields = device?.fields ?? [];
  const used = (width: number, shift = 0, name = 36, length = 0): number =>
    fitColumns(fields, width, shift, () => name, length).reduce(
      (sum, column) => sum + column.width + 1,
      -1,
    );

  test('never wider than the screen, and the name is always there', () => {
    for (let width = 72; width <= 260; width++) {
      for (const shift of [0, 1, 10, 99]) {
        expect(used(width, shift)).toBeLessThanOrEqual(width - 2);
        const [first, second] = fitColumns(fields, width, shift, () => 36, 0);
        expect(first?.field.id).toBe('DEVICE');
        expect(second).toBeDefined();
      }
    }
  });

  test('a wider screen never shows fewer columns', () => {
    let before = 0;
    for (let width = 72; width <= 580; width++) {
      const count = fitColumns(fields, width, 0, () => 20, 0).length;
      expect(count).toBeGreaterThanOrEqual(before - 1);
      before = Math.max(before, count);
    }
    expect(before).toBe(fields.length);
  });

  test('weight 0 stays at 80 columns; groups go together', () => {
    const ids = fitColumns(fields, 80, 0, () => 36, 0).map(({ field }) => field.id);
    expect(ids).toContain('CMDS/s');
    expect(ids).toContain('GAVG/cmd');
    for (let width = 72; width <= 260; width++) {
      const shown = fitColumns(fields, width, 0, () => 36, 0).map(({ field }) => field.id);
      expect(shown.includes('READS/s')).toBe(shown.includes('WRITES/s'));
      expect(shown.includes('MBREAD/s')).toBe(shown.includes('MBWRTN/s'));
    }
  });

  test('wide names take what they need', () => {
    expect(fitColumns(fields, 80, 0, () => 36, 36)[0]?.width).toBe(36);
  });

  test('a short name leaves its width to others; what is spare goes to cut columns', () => {
    const [name, second, third] = fields.filter(({ id }) =>
      ['DEVICE', 'STATE', 'DQLEN'].includes(id),
    );
    const growing = [name, { ...second, grow: true }, { ...third, grow: true }];
    const widths = (width: number): number[] =>
      fitColumns(growing, width, 0, ({ id }) => (id === 'DEVICE' ? 8 : 20), 0).map(
        (column) => column.width,
      );
    // Two columns of gutter and a blank between columns: 8 + 6 + 5 need 23.
    expect(widths(23)).toEqual([8, 6, 5]);
    expect(widths(33)).toEqual([8, 16, 5]);
    expect(widths(40)).toEqual([8, 20, 8]);
    expect(widths(80)).toEqual([8, 20, 20]);
  });
});

describe('charts', () => {
  test('a filled graph has its size and its scale', () => {
    const series = { title: 'x', values: [0, 5, 10], spanNs: 2e9 };
    const rows = areaChart(series, 40, 6, theme);
    expect(rows).toHaveLength(6);
    for (const row of rows) expect(widthOf(row)).toBeLessThanOrEqual(40);
    expect(rows[0]).toContain('10');
    expect(rows[1]).toContain('15');
    expect(rows.at(-1)?.trim().startsWith('0')).toBe(true);
  });

  test('half of the scale fills half of the rows', () => {
    const full = String.fromCharCode(0x28ff);
    // The scale above 10 is 15; 7.5 of it is half of 4 rows.
    const rows = areaChart(
      { title: '', values: [10, 10, 7.5, 7.5], spanNs: 1 },
      30,
      5,
      theme,
    ).slice(1);
    expect(rows.map((row) => row.endsWith(full))).toEqual([false, false, true, true]);
  });

  test('what values are compared with is a dashed line in the same scale, named in the title', () => {
    const values = [10, 10, 10, 10, 10, 10, 10, 10];
    const against = { title: 'ENTITLED', values: values.map(() => 20) };
    const series = { title: 'GIVEN web1', values, spanNs: 1, against };
    const ascii = makeTheme(1, true);
    // The scale above 20 is 30: 3 of 9 rows are filled, and the line is in the sixth.
    const rows = areaChart(series, 16, 10, ascii);
    const [title = ''] = areaChart(series, 60, 10, ascii);
    expect(title.replaceAll(/\u001B\[[\d;]*m/g, '')).toBe('GIVEN web1 10  -- ENTITLED 20');
    const bars = rows.slice(1).map((row) => row.slice(-8));
    const gap = '        ';
    expect(bars).toEqual([gap, gap, gap, '- - - - ', gap, gap, ...Array(3).fill('########')]);
  });

  test('what shrinks hangs from the line of zero, on the same scale', () => {
    const bare = (rows: string[]): string[] =>
      rows.slice(1).map((row) => row.replaceAll(/\u001B\[[\d;]*m/g, ''));
    const series = { title: '', values: [2, 6, -6, -2], spanNs: 1 };
    // The scale beyond 6 is 8, in 4 of 9 rows each way: a row is 2.
    expect(bare(areaChart(series, 12, 10, makeTheme(1, true)))).toEqual([
      '            ',
      '      8     ',
      '         #  ',
      '         #  ',
      '      0 ##  ',
      '          ##',
      '          # ',
      '          # ',
      '     -8     ',
    ]);
    // Two thirds of a row each way: three dots of four, from the bottom and from the top of a cell.
    const [, above, below] = areaChart({ ...series, values: [4, -4] }, 9, 3, theme);
    const cell = String.fromCharCode;
    expect([above?.at(-1), below?.at(-1)]).toEqual([cell(0x2846), cell(0x2838)]);
  });

  test('in braille the line is dots above the graph and a gap within it', () => {
    const full = [8, 8, 8, 8, 8, 8, 8, 8];
    const at = (value: number): string => {
      const against = { title: 'x', values: full.map(() => value) };
      // The scale above 9.5 is 10 rows of one: a cell is 4 steps of 0.25.
      const series = { title: '', values: full, spanNs: 1, top: 10, against };
      const row = areaChart(series, 12, 11, theme)[10 - Math.floor(value)];
      return (row ?? '').slice(-4);
    };
    expect(new Set(at(9.25))).toEqual(new Set([' ', String.fromCharCode(0x28c0)]));
    expect(new Set(at(5.25))).toEqual(
      new Set([String.fromCharCode(0x28ff), String.fromCharCode(0x28ff ^ 0xc0)]),
    );
  });

  test('in ASCII there is nothing but ASCII', () => {
    const ascii = makeTheme(1, true);
    const rows = areaChart({ title: 'x', values: [1, 2, 3, Number.NaN], spanNs: 1 }, 40, 6, ascii);
    const text = rows.map((row) => row.replaceAll(/\u001B\[[\d;]*m/g, '')).join('');
    expect(text).toMatch(/^[\x20-\x7e]*$/);
    expect(rows.join('')).toContain('#');
    expect(sparkline([1, 2, 3], 5, ascii)).toMatch(/^[\x20-\x7e]{5}$/);
  });

  test('the title of a chart keeps the ends of a long device name', () => {
    const series = {
      title: `CMDS/s esx1 naa.${'0123456789abcdef'.repeat(2)}`,
      values: [5],
      spanNs: 1,
    };
    const bareTitle = (width: number): string =>
      (areaChart(series, width, 6, makeTheme(1, true))[0] ?? '').replaceAll(/\u001B\[[\d;]*m/g, '');
    expect(bareTitle(60)).toBe(`${series.title} 5`);
    expect(bareTitle(36)).toBe('CMDS/s esx1 naa.0123456~cdef 5');
  });

  test('charts name the host of what has a namesake elsewhere', () => {
    const layout = fakeLayout();
    const titles = (): readonly string[] => {
      const world = new World();
      world.hear({ type: 'layout', version: 1, entities: layout.entities, plan: PLAN, faults: [] });
      for (const at of [0, 1e9]) {
        const values = new Float64Array(layout.size);
        const sample = { at, values, histograms: new Uint32Array(0) };
        world.hear({
          type: 'frame',
          layoutVersion: 1,
          ...sample,
          speed: 1,
          ioPerSecond: 0,
          done: false,
        });
      }
      const ui = { ...initialState(false), screen: 'adapter' };
      return chartSeries(world, ui, 10).map(({ title }) => title);
    };
    expect(titles()[0]).toBe('CMDS/s vmhba1');
    layout.add('adapter', 'vmhba1', { host: 'esx2' }, []);
    expect(titles()[0]).toBe('CMDS/s esx1 vmhba1');
  });

  test('scales are round and above', () => {
    for (const value of [0.003, 0.7, 1, 9.99, 10, 14.2, 15, 99, 100, 1234]) {
      expect(niceTop(value)).toBeGreaterThan(value);
      expect(niceTop(value)).toBeLessThanOrEqual(value * 2.2);
    }
    expect(niceTop(0)).toBe(1);
  });

  test('percentages have the whole for their scale', () => {
    const series = { title: '', values: [Number.NaN, 93], spanNs: 1, top: 100 };
    expect(scaleTop(series)).toBe(100);
    expect(scaleTop({ ...series, values: [101] })).toBe(150);
  });

  test('the steps of a scale are whole rows at every height there is', () => {
    for (const rows of [6, 12, 24]) {
      for (let value = 0.01; value < 1e6; value *= 1.1) {
        expect(rows % steps(niceTop(value), rows)).toBe(0);
      }
    }
  });

  test('sparklines show the highest as full and nothing as blank', () => {
    expect(sparkline([0, 4, 8], 3, theme)).toBe(' ▅█');
    expect(sparkline([], 3, theme)).toBe('   ');
    expect(sparkline([Number.NaN, 1], 2, theme)).toBe(' █');
  });

  test('bars have a track, and a little is never nothing', () => {
    expect(bar(0.5, 4, theme)).toBe('██··');
    expect(bar(0.01, 4, theme)).toBe('█···');
    expect(bar(0, 4, theme)).toBe('····');
    expect(bar(2, 4, theme)).toBe('████');
  });

  test('short numbers stay short', () => {
    for (const value of [0, 0.01, 1.234, 99.95, 1500, 12_345, 999_999, 1.2e6, 9.9e9, 5e11]) {
      expect(shortNumber(value).length).toBeLessThanOrEqual(6);
    }
    expect(shortNumber(12_345)).toBe('12.3k');
    expect([-242.57, -12_345].map(shortNumber)).toEqual(['-243', '-12.3k']);
  });
});

describe('events', () => {
  const entry = (kind: string, what = '') => ({
    number: 0,
    at: 0,
    kind,
    object: 'x',
    what,
    why: '',
  });

  test('trouble, warnings and good news have marks of their own', () => {
    expect(weigh(entry('path.state', 'active -> dead')).mark).toBe('!');
    expect(weigh(entry('nexus.state', 'LUN lun0 not reachable')).mark).toBe('!');
    expect(weigh(entry('nexus.state', 'LUN lun0 reachable')).mark).toBe('+');
    expect(weigh(entry('apd.start')).mark).toBe('!');
    expect(weigh(entry('pdl')).mark).toBe('!');
    expect(weigh(entry('datastore.full')).mark).toBe('!');
    expect(weigh(entry('device.connectivity.lost')).mark).toBe('!');
    expect(weigh(entry('device.redundancy.degraded')).mark).toBe('*');
    expect(weigh(entry('device.connectivity.restored')).mark).toBe('+');
    expect(weigh(entry('apd.exit')).mark).toBe('+');
    expect(weigh(entry('narrative')).mark).toBe('>');
    expect(weigh(entry('fault.inject', 'a host dies; healed, it is back again')).mark).toBe('*');
    expect(weigh(entry('host.crashed')).mark).toBe('!');
    expect(weigh(entry('nfs.lock.stale')).mark).toBe('!');
    expect(weigh(entry('vm.snapshot.consolidationNeeded')).mark).toBe('*');
    for (const [colour, mark] of [
      ['red', '!'],
      ['yellow', '*'],
      ['green', '+'],
    ]) {
      expect(weigh(entry('datastore.alarm', `from one to ${colour}: 80 %`)).mark).toBe(mark);
    }
    expect(weigh(entry('vmfs.heartbeat')).mark).toBe(' ');
  });

  test('clocks', () => {
    expect(clockOf(0)).toBe('0:00.000');
    expect(clockOf(83_456e6)).toBe('1:23.456');
    expect(clockOf(3_723_004e6)).toBe('1:02:03.004');
  });
});

describe('themes', () => {
  const tones: Tone[] = ['plain', 'warn', 'bad', 'selected', 'title', 'head'];

  test('without colour there is bold, underline and reverse, and no colour', () => {
    for (const tone of tones)
      expect(makeTheme(1, false).paint(tone, 'x')).not.toMatch(/\[(3|4|9|10)\d|38;5/);
    const looks = new Set(
      ['plain', 'warn', 'bad', 'selected'].map((tone) => theme.paint(tone as Tone, 'x')),
    );
    expect(looks.size).toBe(4);
  });

  test('sixteen colours are sixteen colours', () => {
    for (const tone of tones) expect(makeTheme(4, false).paint(tone, 'x')).not.toContain('38;5');
  });

  test('NO_COLOR wins; the Linux console gets ASCII', () => {
    expect(colourDepth(24, { NO_COLOR: '1' })).toBe(1);
    expect(colourDepth(24, { NO_COLOR: '' })).toBe(24);
    expect(colourDepth(4, {})).toBe(4);
    expect(needsAscii({ TERM: 'linux' })).toBe(true);
    expect(needsAscii({ TERM: 'xterm-256color' })).toBe(false);
  });
});
