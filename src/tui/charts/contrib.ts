/**
 * Line charts of blessed-contrib, rendered off-screen into rows. blessed writes nothing here: it has
 * a screen without a terminal, and the cells it keeps are read and encoded.
 */
import { PassThrough, Writable } from 'node:stream';
import type { Widgets } from 'blessed';
import type { Theme } from '../theme.js';
import { type Series, scaleTop } from './area.js';

/** Attribute (flags, foreground, background) and character. */
type Cell = readonly [attribute: number, char: string];

interface ScreenInternals {
  readonly lines: readonly (readonly Cell[])[];
  draw(): void;
  _unicode: boolean;
}

/** blessed ends the process from handlers it installs unless it believes they are there. */
const HANDLERS = [
  '_exceptionHandler',
  '_sigtermHandler',
  '_sigintHandler',
  '_sigquitHandler',
  '_exitHandler',
];

type Claimable = Record<string, unknown> & { _bound?: boolean };

async function load() {
  const [{ default: blessed }, { default: contrib }] = await Promise.all([
    import('blessed'),
    import('blessed-contrib'),
  ]);
  const { Screen, Program } = blessed as unknown as { Screen: Claimable; Program: Claimable };
  const claim = (): void => {
    Screen._bound = true;
    Program._bound = true;
    for (const name of HANDLERS) {
      Screen[name] ??= () => {};
      Program[name] ??= () => {};
    }
  };
  claim();
  return { blessed, contrib, claim };
}

export type ContribLibrary = Awaited<ReturnType<typeof load>>;

let loading: Promise<ContribLibrary> | undefined;

/** Loads the packages once, when the first chart is wanted: they take a quarter second. */
export function loadContrib(): Promise<ContribLibrary> {
  loading ??= load();
  return loading;
}

export interface LineChart {
  rows(series: Series, axis: readonly string[], theme: Theme): string[];
  dispose(): void;
}

type LineWidget = Widgets.BlessedElement & {
  readonly options: { maxY: number; numYLabels: number };
  setData(data: readonly { x: readonly string[]; y: readonly number[]; style: object }[]): void;
};

/** Y labels closer than this run into each other. */
const ROWS_PER_LABEL = 2;
/** The widget leaves these free at its right and bottom; they are cut off. */
const WASTED_COLUMNS = 5;
const WASTED_ROWS = 3;
/** Rows of the widget that are not its scale: above the top, the axis, the labels of time. */
const ROWS_BESIDE_SCALE = 5;
/** Above a whole of 100 percent. */
const WHOLE_HEADROOM = 1.2;
/** Room for four characters of a Y label, in half columns. */
const Y_LABEL_ROOM = 8;

export function lineChart(
  { blessed, contrib, claim }: ContribLibrary,
  visibleWidth: number,
  visibleHeight: number,
): LineChart {
  const width = visibleWidth + WASTED_COLUMNS;
  const height = visibleHeight + WASTED_ROWS;
  const output = Object.assign(new Writable({ write: (_chunk, _encoding, done) => done() }), {
    columns: width,
    rows: height,
    isTTY: true,
  });
  const program = blessed.program({
    input: new PassThrough(),
    output,
    terminal: 'xterm-256color',
    tput: true,
    buffer: true,
    zero: true,
  } as never);
  const screen = blessed.screen({ program, warnings: false, fullUnicode: false } as never);
  const internals = screen as unknown as ScreenInternals;
  internals.draw = () => {};
  internals._unicode = true;
  const widget = contrib.line({
    left: 0,
    top: 0,
    width,
    height,
    showLegend: false,
    wholeNumbersOnly: false,
    minY: 0,
    abbreviate: true,
    xLabelPadding: Y_LABEL_ROOM,
    style: { line: 'cyan', text: 'white', baseline: 'white' },
  } as never) as unknown as LineWidget;
  screen.append(widget);
  return {
    rows(series, axis, theme) {
      const y = series.values.map(finite);
      const line = { x: axis, y, style: { line: 'cyan' } };
      const { against } = series;
      const scale = scaleTop(series);
      // The widget does not draw what touches the top of its scale.
      const top = scale === series.top ? scale * WHOLE_HEADROOM : scale;
      widget.options.maxY = top;
      widget.options.numYLabels = steps(top, height - ROWS_BESIDE_SCALE);
      // What is drawn later has the cells both go through.
      widget.setData(
        against === undefined
          ? [line]
          : [{ x: axis, y: against.values.map(finite), style: { line: 'yellow' } }, line],
      );
      screen.render();
      return internals.lines.map((cells) => encode(cells, theme));
    },
    dispose() {
      screen.destroy();
      claim();
    },
  };
}

/** Into how many round steps a scale's top divides. */
const STEPS: Readonly<Record<number, readonly number[]>> = {
  1: [2],
  1.2: [6, 3, 2],
  1.5: [3],
  2: [4, 2],
  3: [3],
  4: [4, 2],
  6: [6, 3, 2],
  8: [4, 2],
};

/** As many round steps as there are, each of them whole rows and not too close to the next. */
export function steps(top: number, rows: number): number {
  const digits = Number(top.toExponential().split('e')[0]);
  const choices = STEPS[digits] ?? [2];
  const even = choices.find((count) => rows % count === 0 && rows / count >= ROWS_PER_LABEL);
  return even ?? choices.at(-1) ?? 2;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

const DEFAULT_COLOUR = 0x1ff;
const YELLOW = 3;
const CYAN = 6;
/** Labels of the scale, where a million is `m` and a billion `b` to the widget. */
const LABEL_COLUMNS = 4;
const UNITS: Readonly<Record<string, string>> = { m: 'M', b: 'G', t: 'T' };
/** Of this many columns of a dashed line the last is left out. */
const DASH = 3;

function encode(cells: readonly Cell[], theme: Theme): string {
  let out = '';
  let current = -1;
  for (const [column, [attribute, char]] of cells.entries()) {
    if (attribute !== current) {
      out += sgr(attribute, theme);
      current = attribute;
    }
    const gap = isYellow(attribute) && column % DASH === DASH - 1;
    out += gap ? ' ' : column < LABEL_COLUMNS ? (UNITS[char] ?? char) : char;
  }
  return `${out}\u001B[0m`;
}

/** The widget's lines have the theme's colours; its axes are white, which is the terminal's own. */
function sgr(attribute: number, theme: Theme): string {
  const tone = isYellow(attribute) ? 'accent' : hueOf(attribute) === CYAN ? 'graph' : 'plain';
  const code = theme.code(tone);
  return `\u001B[0${code === '' ? '' : `;${code}`}m`;
}

/** The line of what is compared with, which is dashed: colours alone do not tell lines apart. */
function isYellow(attribute: number): boolean {
  return hueOf(attribute) === YELLOW;
}

/** One of the eight basic colours, light or dark; -1 for none. The widget may ask for any of 256. */
function hueOf(attribute: number): number {
  const colour = (attribute >> 9) & 0x1ff;
  return colour === DEFAULT_COLOUR ? -1 : (colour < 8 ? colour : colour & 15) % 8;
}
