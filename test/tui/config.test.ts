/** The configuration file: where it is, what it may hold, and what is said of mistakes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig, readConfig } from '../../src/tui/config/file.js';
import { formatSettings } from '../../src/tui/config/format.js';
import { configFile } from '../../src/tui/config/location.js';
import { settingsOf, stateOf } from '../../src/tui/config/settings.js';

describe('the file', () => {
  test('lies where the XDG Base Directory Specification says', () => {
    const file = 'vmtop/config.yaml';
    expect(configFile({ XDG_CONFIG_HOME: '/x', HOME: '/home/me' })).toBe(`/x/${file}`);
    expect(configFile({ HOME: '/home/me' })).toBe(`/home/me/.config/${file}`);
    // "If an implementation encounters a relative path ... it should ... ignore it."
    expect(configFile({ XDG_CONFIG_HOME: 'x', HOME: '/home/me' })).toBe(`/home/me/.config/${file}`);
  });

  test('is as good as empty when it is not there', () => {
    expect(readConfig('/nowhere/config.yaml')).toEqual({});
    expect(parseConfig('', 'c.yaml')).toEqual({});
  });

  test('that is not text is refused by name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vmtop-'));
    const file = join(folder, 'config.yaml');
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0]));
    expect(() => readConfig(file)).toThrow(file);
    rmSync(folder, { recursive: true });
  });
});

function problem(yaml: string): string {
  try {
    parseConfig(yaml, 'c.yaml');
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('a mistake is told with line, column, what was expected and what to do', () => {
  test.each([
    ['theme: drak', 'c.yaml:1:8: theme: expected dark, light, colour-blind, monochrome', '"dark"'],
    ['\nmous: false', 'c.yaml:2:1: unknown key "mous"', 'did you mean "mouse"?'],
    ['mouse: maybe', 'c.yaml:1:8: mouse: expected true or false, found "maybe"', ''],
    ['delay: 3h', 'c.yaml:1:8: delay: expected a time with its unit', '50 ms to 60 s'],
    ['speed: 3x', 'c.yaml:1:8: speed: expected 1x, 2x, 5x, 10x, 60x, max', ''],
    ['screens: { devise: {} }', 'c.yaml:1:12: screens: unknown key "devise"', '"device"'],
    [
      'screens:\n  device: { hidden: [KAVG] }',
      'c.yaml:2:22: screens.device.hidden[0]: expected one of',
      'did you mean "KAVG/cmd"?',
    ],
    ['screens: { device: { sort: c } }', 'c.yaml:1:28: screens.device.sort: expected', ''],
    ['thresholds: { KAVG/cmd: [2, 1] }', 'c.yaml:1:25: thresholds.KAVG/cmd: expected two', ''],
    ['thresholds: { KAVG/cmt: [1, 2] }', 'c.yaml:1:15: thresholds: unknown key', '"KAVG/cmd"'],
    ['- a', 'c.yaml:1:1: expected a block of "key: value" lines, found a list', ''],
    ['theme: [', 'c.yaml:1:9: not valid YAML', 'hint'],
  ])('%j', (yaml, place, remedy) => {
    const text = problem(yaml);
    expect(text).toContain(place);
    expect(text).toContain(remedy);
  });

  test('all of them at once, in the order of the lines', () => {
    const text = problem('foo: 1\ntheme: x\nmouse: 2');
    expect(text.match(/c\.yaml:(\d)/g)).toEqual(['c.yaml:1', 'c.yaml:2', 'c.yaml:3']);
  });
});

const FULL = `theme: light
ascii: true
mouse: false
readOnly: true
delay: 500 ms
speed: max
nameLength: 20
screens:
  device:
    columns:
      - DEVICE
      - KAVG/cmd
    sort: KAVG/cmd desc
thresholds:
  KAVG/cmd:
    - 1
    - 3
`;

describe('the settings in force', () => {
  test('command line before file before default', () => {
    const config = parseConfig(FULL, 'c.yaml');
    expect(settingsOf({})).toMatchObject({ theme: 'dark', mouse: true, delayMs: 1000, speed: 0 });
    expect(settingsOf(config)).toMatchObject({ theme: 'light', mouse: false, delayMs: 500 });
    expect(settingsOf(config, { theme: 'monochrome', mouse: true, delayMs: 200 })).toMatchObject({
      theme: 'monochrome',
      mouse: true,
      delayMs: 200,
      ascii: true,
    });
  });

  test('are what the first screen starts with', () => {
    expect(stateOf(settingsOf(parseConfig(FULL, 'c.yaml')))).toMatchObject({
      theme: 'light',
      readOnly: true,
      delayMs: 500,
      speed: 5,
    });
  });

  test('printed, they are a file that says the same', () => {
    expect(formatSettings(settingsOf(parseConfig(FULL, 'c.yaml')))).toBe(FULL);
    const again = parseConfig(formatSettings(settingsOf({})), 'c.yaml');
    expect(settingsOf(again)).toEqual(settingsOf({}));
  });
});
