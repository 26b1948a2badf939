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
  readonly depth: ColourDepth;
  readonly glyph: Glyphs;
  paint(tone: Tone, text: string): string;
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
 * SGR parameters per tone. Without colour the same tones differ by bold, underline and reverse; that
 * is a second sign only: what is wrong also has a mark or a word.
 */
const NO_COLOUR: Readonly<Record<Tone, string>> = {
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

const SIXTEEN: Readonly<Record<Tone, string>> = {
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

const MANY: Readonly<Record<Tone, string>> = {
  ...SIXTEEN,
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

const PALETTES: Readonly<Record<ColourDepth, Readonly<Record<Tone, string>>>> = {
  1: NO_COLOUR,
  4: SIXTEEN,
  8: MANY,
  24: MANY,
};

export function makeTheme(depth: ColourDepth, ascii: boolean): Theme {
  const codes = PALETTES[depth];
  return {
    depth,
    glyph: ascii ? ASCII : UNICODE,
    paint(tone, text) {
      const code = codes[tone];
      return code === '' || text === '' ? text : `\u001B[${code}m${text}\u001B[0m`;
    },
  };
}

/** The Linux console and terminals without a name show neither braille nor block characters. */
export function needsAscii(env: Readonly<Record<string, string | undefined>>): boolean {
  return env.TERM === 'linux' || env.TERM === 'dumb' || env.TERM === undefined;
}

/** Node's answer, limited to the depths there are palettes for; NO_COLOR always wins. */
export function colourDepth(
  reported: number,
  env: Readonly<Record<string, string | undefined>>,
): ColourDepth {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return 1;
  return reported >= 24 ? 24 : reported >= 8 ? 8 : reported >= 4 ? 4 : 1;
}
