import { PALETTES, type ThemeName } from './palettes.js';

/** What things mean, and how each terminal shows it. Panels name tones, never colours. */
export type Tone =
  | 'plain'
  | 'dim'
  | 'strong'
  | 'ok'
  | 'warn'
  | 'bad'
  | 'title'
  | 'head'
  | 'selected'
  | 'accent'
  | 'graph';

/** Bits per pixel as Node reports them; 1 is a terminal without colour, or NO_COLOR. */
export type ColourDepth = 1 | 4 | 8 | 24;

export interface Glyphs {
  readonly more: string;
  readonly pointer: string;
  /** Largest first, smallest first: beside the title of the column that is sorted by. */
  readonly descending: string;
  readonly ascending: string;
  readonly full: string;
  readonly empty: string;
  /** A dashed line, in a legend. */
  readonly dashes: string;
  /** Eight heights, lowest first; blank is apart. */
  readonly levels: string;
  readonly braille: boolean;
  readonly border: 'round' | 'classic';
}

export interface Theme {
  /** Of what is shown: 1 for monochrome, whatever the terminal can do. */
  readonly depth: ColourDepth;
  readonly glyph: Glyphs;
  /** SGR parameters; empty for none. */
  code(tone: Tone): string;
  paint(tone: Tone, text: string): string;
  /** The same terminal in the colours of another theme. */
  as(name: ThemeName): Theme;
}

const UNICODE: Glyphs = {
  more: '…',
  pointer: '▸',
  descending: '▼',
  ascending: '▲',
  full: '█',
  empty: '·',
  dashes: '╌╌',
  levels: '▁▂▃▄▅▆▇█',
  braille: true,
  border: 'round',
};

const ASCII: Glyphs = {
  more: '~',
  pointer: '>',
  descending: 'v',
  ascending: '^',
  full: '#',
  empty: '.',
  dashes: '--',
  levels: '.:-=+*#@',
  braille: false,
  border: 'classic',
};

/**
 * @param depth what the terminal can show; 1 leaves every theme without colour
 * @param ascii only characters every terminal has
 */
export function makeTheme(depth: ColourDepth, ascii: boolean, name: ThemeName = 'dark'): Theme {
  const shown = depth === 1 ? 'monochrome' : name;
  const { sixteen, many } = PALETTES[shown];
  const codes = depth >= 8 ? many : sixteen;
  const known = new Map<ThemeName, Theme>();
  const theme: Theme = {
    depth: shown === 'monochrome' ? 1 : depth,
    glyph: ascii ? ASCII : UNICODE,
    code: (tone) => codes[tone],
    paint(tone, text) {
      const code = codes[tone];
      return code === '' || text === '' ? text : `\u001B[${code}m${text}\u001B[0m`;
    },
    as(other) {
      if (other === name) return theme;
      const made = known.get(other) ?? makeTheme(depth, ascii, other);
      known.set(other, made);
      return made;
    },
  };
  return theme;
}

/** The Linux console and terminals without a name show neither braille nor block characters. */
export function needsAscii(env: Readonly<Record<string, string | undefined>>): boolean {
  return env.TERM === 'linux' || env.TERM === undefined;
}

/** Node's answer, limited to the depths there are palettes for; NO_COLOR always wins. */
export function colourDepth(
  reported: number,
  env: Readonly<Record<string, string | undefined>>,
): ColourDepth {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return 1;
  return reported >= 24 ? 24 : reported >= 8 ? 8 : reported >= 4 ? 4 : 1;
}
