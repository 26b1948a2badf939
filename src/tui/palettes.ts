/**
 * The colours of each theme as SGR parameters per tone, for terminals with 16 and with 256 colours.
 * Colours of the 256 keep a contrast of 4.5 to 1 (WCAG 2.1) with the background the theme is for;
 * those of the 16 are the terminal's own and cannot be known.
 */
import type { Tone } from './theme.js';

export const THEMES = ['dark', 'light', 'colour-blind', 'monochrome'] as const;

export type ThemeName = (typeof THEMES)[number];

export type Palette = Readonly<Record<Tone, string>>;

/**
 * Without colour tones differ by bold, underline and reverse; that is a second sign only: what is
 * wrong also has a mark or a word.
 */
const MONOCHROME: Palette = {
  plain: '',
  dim: '',
  strong: '1',
  ok: '',
  warn: '4',
  bad: '1;4',
  title: '1',
  head: '4',
  selected: '7',
  accent: '1',
  graph: '',
};

const DARK_16: Palette = {
  plain: '',
  dim: '90',
  strong: '1',
  ok: '32',
  warn: '33',
  bad: '1;31',
  title: '1;36',
  head: '4;36',
  selected: '7',
  accent: '1;33',
  graph: '36',
};

const DARK: Palette = {
  ...DARK_16,
  dim: '38;5;245',
  ok: '38;5;114',
  warn: '38;5;221',
  bad: '1;38;5;203',
  title: '1;38;5;117',
  head: '4;38;5;110',
  selected: '48;5;24;38;5;231',
  accent: '1;38;5;222',
  graph: '38;5;80',
};

/** Yellow and cyan do not show on white. */
const LIGHT_16: Palette = {
  ...DARK_16,
  warn: '35',
  title: '1;34',
  head: '4;34',
  accent: '1;34',
  graph: '34',
};

const LIGHT: Palette = {
  ...LIGHT_16,
  dim: '38;5;241',
  ok: '38;5;22',
  warn: '38;5;94',
  bad: '1;38;5;160',
  title: '1;38;5;25',
  head: '4;38;5;24',
  selected: '48;5;153;38;5;16',
  accent: '1;38;5;90',
  graph: '38;5;25',
};

/**
 * Blue, yellow and vermilion, which people with any of the common colour vision deficiencies tell
 * apart: the palette of Okabe and Ito, "Color Universal Design" (2008), in the nearest of 256 colours.
 */
const COLOUR_BLIND_16: Palette = {
  ...DARK_16,
  ok: '36',
  warn: '33',
  bad: '1;4;35',
};

const COLOUR_BLIND: Palette = {
  ...DARK,
  ok: '38;5;74',
  warn: '38;5;227',
  bad: '1;4;38;5;202',
  title: '1;38;5;74',
  head: '4;38;5;74',
  accent: '1;38;5;214',
  graph: '38;5;74',
};

interface Palettes {
  readonly sixteen: Palette;
  readonly many: Palette;
}

export const PALETTES: Readonly<Record<ThemeName, Palettes>> = {
  dark: { sixteen: DARK_16, many: DARK },
  light: { sixteen: LIGHT_16, many: LIGHT },
  'colour-blind': { sixteen: COLOUR_BLIND_16, many: COLOUR_BLIND },
  monochrome: { sixteen: MONOCHROME, many: MONOCHROME },
};
