import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { findDeviceModel } from '../../src/engine/devices/models/index.js';
import { bundledDisks, formatDisk, parseDisk } from '../../src/scenario/disks.js';
import { LEAST, planOf } from './helpers.js';

const FILE = `
summary: a disk
model: hdd
capacityBlocks: 1000
settings:
  rpm: { value: 5400, source: a label }
  seekAverage: { value: 9.5ms, source: a data sheet }
`;

describe('disks in files', () => {
  it('are sets of settings of a model, with sources; the rest is the model', () => {
    const disk = parseDisk(FILE, 'old/drive.yaml');
    expect(disk).toMatchObject({ name: 'drive', base: 'hdd', capacityBlocks: 1000 });
    expect(disk.params.rpm!.initial).toBe(5400);
    expect(disk.params.seekAverage!.initial).toBe(9.5e6);
    expect(disk.params.seekFull!.initial).toBe(findDeviceModel('hdd')!.params.seekFull!.initial);
    expect(disk.sources).toMatchObject({ rpm: 'a label', seekAverage: 'a data sheet' });
    expect(disk.sources.seekFull).toMatch(/^hdd: /);
  });

  it('come back as they were written, to the last digit', () => {
    const { params } = findDeviceModel('hdd')!;
    const settings = Object.fromEntries(
      Object.entries(params).map(([name, { initial, max, words }]) => [
        name,
        words === undefined ? Math.min(max, initial + 7) : words.length - 1,
      ]),
    );
    const sources = Object.fromEntries(Object.keys(params).map((name) => [name, `why: "${name}"`]));
    const text = formatDisk(
      { summary: 'a: b', model: 'hdd', capacityBlocks: 5, params, settings, sources },
      ['one', 'two'],
    );
    const disk = parseDisk(text, 'x.yaml');
    expect(disk.settings).toEqual(settings);
    expect(disk.sources).toEqual(sources);
    expect(disk.summary).toBe('a: b');
    expect(text).toMatch(/^# one\n# two\n/);
  });

  it.each([
    ['no YAML', 'a: [', /not valid YAML/],
    ['nothing', '', /x\.yaml/],
    ['no such model', FILE.replace('hdd', 'tape'), /no device model "tape"/],
    ['no such setting', FILE.replace('rpm:', 'speed:'), /speed: unknown setting/],
    ['a value out of range', FILE.replace('5400', '1'), /rpm: 1 is not in the range/],
    ['a time without unit', FILE.replace('9.5ms', '9'), /seekAverage: "?9"? is not/],
    ['a setting without source', FILE.replace(', source: a label', ''), /settings: rpm: source/],
  ])('%s: says what is wrong and where', (_what, text, message) => {
    expect(() => parseDisk(text, 'x.yaml')).toThrow(InputError);
    expect(() => parseDisk(text, 'x.yaml')).toThrow(message);
  });

  it('that come with vmtop state a source for each setting', () => {
    expect(bundledDisks().map(({ name }) => name)).toEqual([
      'atlas10k',
      'barracuda',
      'c2247a',
      'cheetah4lp',
      'cheetah9lp',
      'rz26',
    ]);
    for (const { params, sources } of bundledDisks()) {
      for (const name of Object.keys(params)) expect(sources[name]).not.toBe('');
    }
  });

  it('can be named in a scenario like a model, and their settings overridden', () => {
    const { arrays } = planOf(withDisk('{ model: rz26, rpm: 3600 }'));
    const { disk } = arrays[0]!.pools[0]!;
    const rz26 = bundledDisks().find(({ name }) => name === 'rz26')!;
    expect(disk).toEqual({ model: 'hdd', params: { ...rz26.settings, rpm: 3600 } });
    expect(() => planOf(withDisk('./no-such-disk.yaml'))).toThrow(
      /no-such-disk\.yaml: no such file/,
    );
    expect(() => planOf(withDisk('rz27'))).toThrow(/did you mean "rz26"/);
  });
});

function withDisk(disk: string): string {
  return LEAST.replace('    luns:', `    pools: [{ disk: ${disk} }]\n    luns:`);
}
