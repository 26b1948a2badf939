/** The colours of the themes: seen on their background, and told apart without red and green. */
import { describe, expect, test } from 'vitest';
import { THEME_NAMES } from '../../src/cli/commands/define.js';
import { PALETTES, THEMES, type ThemeName } from '../../src/tui/palettes.js';
import { makeTheme, type Tone } from '../../src/tui/theme.js';

type Rgb = readonly [number, number, number];

/** The 256 colours of xterm: 16 of the terminal's own, a cube of 6, 24 greys. */
function rgbOf(colour: number): Rgb {
  if (colour >= 232) {
    const grey = 8 + 10 * (colour - 232);
    return [grey, grey, grey];
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + 40 * step);
  const at = colour - 16;
  return [level(Math.floor(at / 36)), level(Math.floor(at / 6) % 6), level(at % 6)];
}

/** Relative luminance and contrast: WCAG 2.1, section "Dependencies". */
function luminance([red, green, blue]: Rgb): number {
  const linear = (value: number): number => {
    const part = value / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function contrast(one: Rgb, other: Rgb): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

const foreground = (code: string): number | undefined => {
  const found = /38;5;(\d+)/.exec(code)?.[1];
  return found === undefined ? undefined : Number(found);
};

describe.each([
  ['dark', BLACK],
  ['colour-blind', BLACK],
  ['light', WHITE],
] as const)('%s', (name, background) => {
  test('every colour is read on its background', () => {
    for (const [tone, code] of Object.entries(PALETTES[name].many)) {
      const colour = foreground(code);
      const behind = /48;5;(\d+)/.exec(code)?.[1];
      if (colour === undefined) continue;
      const under = behind === undefined ? background : rgbOf(Number(behind));
      expect(contrast(rgbOf(colour), under), tone).toBeGreaterThanOrEqual(4.5);
    }
  });
});

test('colour-blind: fine, worth a look and bad differ in blue and in brightness, not only in red', () => {
  const [ok, warn, bad] = (['ok', 'warn', 'bad'] as const).map((tone) =>
    rgbOf(foreground(PALETTES['colour-blind'].many[tone]) ?? 0),
  ) as [Rgb, Rgb, Rgb];
  // Who sees no red or no green still tells blue from yellow, and light from dark.
  expect(ok[2] - warn[2]).toBeGreaterThan(100);
  expect(ok[2] - bad[2]).toBeGreaterThan(100);
  expect(contrast(warn, bad)).toBeGreaterThan(2);
});

test('with 16 colours no theme asks for more, and without any none asks for one', () => {
  const tones = Object.keys(PALETTES.dark.many) as Tone[];
  for (const name of THEMES) {
    for (const tone of tones) {
      expect(makeTheme(4, false, name).paint(tone, 'x')).not.toContain('8;5;');
      expect(makeTheme(1, false, name).paint(tone, 'x')).not.toMatch(/\[(3|4|9|10)\d|38;5/);
      expect(makeTheme(24, false, 'monochrome').paint(tone, 'x')).not.toMatch(/\d[0-9];?/);
    }
  }
});

test('what is bad stands out by more than colour in every theme', () => {
  for (const name of THEMES) {
    for (const depth of [1, 4, 8] as const) {
      expect(makeTheme(depth, false, name).code('bad')).toMatch(/^1/);
    }
  }
});

test('a theme leads to any other one, with the depth and the characters of its terminal', () => {
  const theme = makeTheme(8, true, 'light');
  expect(theme.as('light')).toBe(theme);
  for (const name of THEMES) {
    expect(theme.as(name).glyph).toBe(theme.glyph);
    expect(theme.as(name).code('ok')).toBe(makeTheme(8, true, name).code('ok'));
    expect(theme.as(name)).toBe(theme.as(name));
  }
  expect(theme.as('monochrome').depth).toBe(1);
});

test('the command line offers the themes there are', () => {
  const names: readonly ThemeName[] = THEME_NAMES;
  expect(names).toEqual(THEMES);
});
