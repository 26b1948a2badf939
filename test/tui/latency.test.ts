/** The latency screen: parts that add up, a map of all commands, the same in every kind of terminal. */
import { afterEach, describe, expect, test } from 'vitest';
import { bucketOf, HISTOGRAM_BUCKETS } from '../../src/engine/core/histogram.js';
import { breakdownOf } from '../../src/engine/views/kit/breakdown.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import { Row } from '../../src/engine/views/kit/row.js';
import { noticeRow } from '../../src/tui/frame-rows.js';
import { Frames } from '../../src/tui/frames.js';
import { BANDS, bandStart, HeatHistory } from '../../src/tui/heat.js';
import { densityOf, heatRows } from '../../src/tui/panels/kit/heat-map.js';
import { partRows, stackedBar } from '../../src/tui/panels/kit/parts.js';
import { latency } from '../../src/tui/panels/latency.js';
import { initialState } from '../../src/tui/state.js';
import { subjectOf } from '../../src/tui/subject.js';
import { widthOf } from '../../src/tui/text.js';
import { makeTheme } from '../../src/tui/theme.js';
import { keyOf } from '../../src/tui/world.js';
import { type Mounted, type MountOptions, mount } from './harness.js';
import { SimulatedWorld } from './world.js';

const mono = makeTheme(1, true);
const { world } = new SimulatedWorld('noisy-neighbour', true).at(0.5, 1, 31, 31.5, 32);
const disks = world.frames.entities.scope('disk');
const bare = (row: string): string => row.replace(/\u001B\[[\d;]*m/g, '');

describe('the breakdown of an object', () => {
  test('is the mean the tables show', () => {
    for (const disk of disks) {
      const figures = breakdownOf(world.frames.window, [disk]);
      const row = new Row(world.frames.window, disk);
      const ns = ['readNs', 'writeNs', 'otherNs'];
      expect(figures?.ms).toBe(row.meanMs(ns, ['reads', 'writes', 'others']));
      const parts = figures?.parts ?? [];
      expect(parts.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(figures?.ms ?? 0, 9);
      expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(new Set(parts.map(({ letter }) => letter)).size).toBe(parts.length);
    }
  });

  test('of a machine is that of its disks, and of nothing known is nothing', () => {
    const [noisy] = disks.filter(({ name }) => name.startsWith('noisy'));
    const vm = world.frames.entities.scope('vm').find(({ name }) => name === 'noisy');
    expect(vm && subjectOf(vm, world)).toBe(vm);
    expect(breakdownOf(world.frames.window, [])).toBeUndefined();
    expect(noisy && breakdownOf(world.frames.window, [noisy])?.commands).toBeGreaterThan(0);
  });

  test('is a bar as wide as it should be, whatever the rounding', () => {
    const figures = breakdownOf(world.frames.window, disks);
    if (figures === undefined) throw new Error('nothing was followed');
    for (let width = 3; width < 200; width += 7) {
      const bar = bare(stackedBar(figures, width, mono));
      expect(bar).toHaveLength(width);
      // From guest to platter: letters come in the order of the way.
      expect([...new Set(bar)].map((letter) => 'rpfqmadwtcs'.indexOf(letter))).toEqual(
        [...new Set(bar)].map((letter) => 'rpfqmadwtcs'.indexOf(letter)).sort((a, b) => a - b),
      );
    }
    const rows = partRows(figures, 100, false, mono).map(bare);
    expect(rows).toHaveLength(13);
    expect(rows.at(-1)).toContain(figures.ms.toFixed(3));
  });

  test('of a path or a world is that of its device or machine', () => {
    const { entities } = world.frames;
    const [device] = entities.scope('device');
    const [vm] = entities.scope('vm');
    const of = (scope: string) => {
      const [first] = entities.scope(scope);
      return first && subjectOf(first, world);
    };
    expect(of('path')).toBe(device);
    expect(of('lun')).toBe(device);
    expect(of('file')).toBe(vm);
    expect(of('client')?.scope).toBe('disk');
    expect(of('adapter')).toBeUndefined();
  });
});

describe('the heat map', () => {
  const sample = (at: number, counts: Record<number, number>) => {
    const histograms = new Uint32Array(HISTOGRAM_BUCKETS);
    for (const [ns, count] of Object.entries(counts)) histograms[bucketOf(Number(ns))] = count;
    return { at, values: new Float64Array(0), histograms };
  };

  test('keeps every command, in a band that holds its latency', () => {
    const heat = new HeatHistory();
    const first = sample(1e9, { 5e6: 10 });
    heat.push(first, sample(2e9, { 5e6: 17, 700e6: 1, 100: 2 }));
    const [column] = heat.last(10, [0]);
    expect(column?.at).toBe(2e9);
    expect(column?.bands.reduce((sum, count) => sum + count, 0)).toBe(10);
    const holds = (ns: number): number => {
      const band = column?.bands.findIndex((_, at) => ns < bandStart(at + 1)) ?? -1;
      return column?.bands[band] ?? 0;
    };
    expect([holds(5e6), holds(700e6), holds(100)]).toEqual([7, 1, 2]);
    // Two bands per octave: sqrt(2) or so apart, never more than 1.5.
    for (let band = 2; band < BANDS; band++) {
      expect(bandStart(band) / bandStart(band - 1)).toBeLessThanOrEqual(1.5);
    }
  });

  test('replaces a window that ended at the same instant, and forgets the oldest', () => {
    const heat = new HeatHistory();
    heat.push(sample(1, {}), sample(2, { 5e6: 1 }));
    heat.push(sample(1, {}), sample(2, { 5e6: 3 }));
    expect(heat.last(10, [0])).toHaveLength(1);
    for (let at = 3; at < 1000; at++) heat.push(sample(at - 1, {}), sample(at, {}));
    expect(heat.last(10_000, [0])).toHaveLength(400);
  });

  test('goes back with what is looked at, and forgets what a rewind has undone', () => {
    const heat = new HeatHistory();
    for (let at = 2; at < 10; at++) heat.push(sample(at - 1, {}), sample(at, { 5e6: 1 }));
    expect(heat.last(3, [0], 5).map(({ at }) => at)).toEqual([3, 4, 5]);
    heat.dropAfter(6);
    expect(heat.last(2, [0]).map(({ at }) => at)).toEqual([5, 6]);
    const frames = new Frames(new Entities([]));
    for (let at = 1; at < 10; at++) frames.push(sample(at, { 5e6: at }));
    frames.look(5);
    expect(frames.heatOf([0], 2).map(({ at }) => at)).toEqual([4, 5]);
    frames.look(undefined);
    frames.dropAfter(6);
    expect(frames.heatOf([0], 2).map(({ at }) => at)).toEqual([5, 6]);
  });

  test('shows one command among thousands', () => {
    expect(densityOf(0, 5000, 4)).toBe(0);
    expect(densityOf(1, 5000, 4)).toBe(1);
    expect(densityOf(5000, 5000, 4)).toBe(4);
    expect(densityOf(1, 1, 4)).toBe(4);
  });

  test('marks what is slower than guides accept, in ASCII and without colour too', () => {
    const bands = Array.from({ length: BANDS }, (_, band) => (bandStart(band) < 200e6 ? 1 : 0));
    const rows = heatRows([{ at: 1e9, bands }], 60, 40, mono).map(bare);
    // Esxtop reference, section 4: 20 to 25 ms is where GAVG is looked at.
    expect(rows.find((row) => row.includes('25 ms'))).toMatch(/^ *! *25 ms/);
    expect(rows.find((row) => /\b8\.4 ms/.test(row))).toMatch(/^ +8\.4 ms/);
    expect(rows.join('')).toMatch(/^[\u0020-\u007e]+$/);
    expect(rows.length).toBeLessThanOrEqual(40);
  });
});

describe('the screen', () => {
  let mounted: Mounted | undefined;
  const open = (options: MountOptions = {}): Mounted => {
    mounted = mount(options);
    return mounted;
  };
  afterEach(async () => {
    await mounted?.close();
    mounted = undefined;
  });

  test.each([
    [72, 14],
    [80, 18],
    [120, 34],
    [200, 54],
    [300, 94],
  ])('fits %i x %i', (width, height) => {
    for (const theme of [mono, makeTheme(24, false)]) {
      const about = disks[0] === undefined ? '' : keyOf(disks[0]);
      const ui = { ...initialState(false), screen: 'latency', about };
      const rows = latency.render({ world, ui, theme }, width, height);
      expect(rows.length).toBeLessThanOrEqual(height);
      for (const row of rows) expect(widthOf(row)).toBeLessThanOrEqual(width);
      const text = rows.map(bare).join('\n');
      expect(text).toContain('virtual disk quiet1:scsi0:0 on esx1');
      // Parts without time give way to the map on low screens.
      expect(text.includes('policy filter')).toBe(height >= 28);
      for (const layer of ['vSCSI ring', 'device queue', 'fabric', 'disk']) {
        expect(text).toContain(layer);
      }
      expect(text).toContain('Latency over time');
      if (height >= 54) expect(text).toContain('COMPARED WITH');
    }
  });

  test('of a device begins at its queue, and says what its figures mean', () => {
    const [device] = world.frames.entities.scope('device');
    if (device === undefined) throw new Error('no device');
    const ui = { ...initialState(false), screen: 'latency', about: keyOf(device) };
    const rows = latency.render({ world, ui, theme: mono }, 120, 34).map(bare).join('\n');
    expect(rows).toContain('device queue');
    expect(rows).not.toContain('vSCSI ring');
    // At 32 s the drill's noisy neighbour is at work.
    expect(bare(noticeRow(world, ui, 120, mono))).toContain('noisy does');
  });

  test('has commands followed while it is open, and only then', async () => {
    const { press, engine, text } = open();
    const asked = () =>
      engine.heard.flatMap((message) => (message.type === 'breakdown' ? [message.on] : []));
    await press('v');
    expect(asked()).toEqual([]);
    await press('b');
    expect(asked()).toEqual([true]);
    expect(await text()).toContain('virtual disk web1:scsi0:0');
    expect(await text()).toContain('asking the engine');
    expect(await text()).toContain('Latency over time');
    await press('down');
    expect(await text()).toContain('virtual disk web2:scsi0:0');
    expect(asked()).toEqual([true]);
    await press('backspace');
    expect(await text()).toContain('Virtual disks');
    expect(asked()).toEqual([true, false]);
    await press('b', 'escape');
    expect(await text()).toContain('all virtual disks');
    await press('O');
    expect(asked()).toEqual([true, false, true, false]);
  });
});
