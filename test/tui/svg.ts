/** A picture of a terminal screen as SVG, from the parser's own cells: for README and for people. */
import type { IBufferCell, Terminal } from '@xterm/headless';

export interface SvgOptions {
  readonly foreground?: string;
  readonly background?: string;
}

const CELL_WIDTH = 8.4;
const CELL_HEIGHT = 18;
const FONT_SIZE = 14;
const MARGIN = 12;
const BASELINE = 13.5;

const BASIC = [
  '#20242c',
  '#e0626c',
  '#8ec07c',
  '#e3b55c',
  '#5c9ce6',
  '#c07ad8',
  '#54b4c0',
  '#c8ccd4',
  '#7c8494',
  '#f47c86',
  '#a8dc96',
  '#fcd07c',
  '#80b8fc',
  '#d89cf0',
  '#78d4e0',
  '#ffffff',
];
const LEVELS = [0, 95, 135, 175, 215, 255];

interface Look {
  readonly colour: string;
  readonly fill: string | undefined;
  readonly bold: boolean;
  readonly underline: boolean;
}

/** Cells of one row that look the same. */
interface Run {
  readonly look: Look;
  readonly from: number;
  cells: number;
  text: string;
  shapes: string;
}

export function toSvg(term: Terminal, options: SvgOptions = {}): string {
  const { foreground = '#c8ccd4', background = '#14171c' } = options;
  const buffer = term.buffer.active;
  const parts: string[] = [];
  for (let y = 0; y < term.rows; y++) {
    const line = buffer.getLine(buffer.viewportY + y);
    if (line === undefined) continue;
    let run: Run | undefined;
    for (let x = 0; x < term.cols; x++) {
      const cell = line.getCell(x);
      if (cell === undefined || cell.getWidth() === 0) continue;
      const look = lookOf(cell, foreground, background);
      if (run === undefined || !same(run.look, look)) {
        if (run !== undefined) parts.push(draw(run, y));
        run = { look, from: x, cells: 0, text: '', shapes: '' };
      }
      addCell(run, x, y, cell.getChars() || ' ');
    }
    if (run !== undefined) parts.push(draw(run, y));
  }
  const width = Math.ceil(term.cols * CELL_WIDTH + 2 * MARGIN);
  const height = term.rows * CELL_HEIGHT + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` font-family="'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${FONT_SIZE}">`,
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>\n`,
    parts.filter((part) => part !== '').join('\n'),
    '\n</svg>\n',
  ].join('');
}

function lookOf(cell: IBufferCell, foreground: string, background: string): Look {
  const front = cell.isFgDefault() ? foreground : colour(cell.isFgRGB(), cell.getFgColor());
  const back = cell.isBgDefault() ? undefined : colour(cell.isBgRGB(), cell.getBgColor());
  const inverse = cell.isInverse() !== 0;
  return {
    colour: inverse ? (back ?? background) : front,
    fill: inverse ? front : back,
    bold: cell.isBold() !== 0,
    underline: cell.isUnderline() !== 0,
  };
}

function colour(rgb: boolean, value: number): string {
  if (rgb) return `#${value.toString(16).padStart(6, '0')}`;
  if (value < 16) return BASIC[value];
  const hex = (level: number): string => level.toString(16).padStart(2, '0');
  if (value >= 232) return `#${hex(8 + (value - 232) * 10).repeat(3)}`;
  const index = value - 16;
  const channels = [Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6];
  return `#${channels.map((channel) => hex(LEVELS[channel])).join('')}`;
}

function same(a: Look, b: Look): boolean {
  return (
    a.colour === b.colour && a.fill === b.fill && a.bold === b.bold && a.underline === b.underline
  );
}

const FULL_BLOCK = 0x2588;
const LOWEST_BLOCK = 0x2581;
/** Bit of a braille character to its column and row of dots. */
const DOTS = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 1],
  [1, 2],
  [0, 3],
  [1, 3],
];

/** Blocks and braille become shapes, so that the picture does not depend on the viewer's fonts. */
function addCell(run: Run, x: number, y: number, char: string): void {
  const code = char.codePointAt(0) ?? 0;
  const left = MARGIN + x * CELL_WIDTH;
  const top = MARGIN + y * CELL_HEIGHT;
  run.cells++;
  if (code >= 0x2800 && code <= 0x28ff) {
    for (const [bit, [column, row]] of DOTS.entries()) {
      if ((code & (1 << bit)) === 0) continue;
      run.shapes += box(left + 0.6 + column * 4.2, top + 0.7 + row * 4.5, 3, 3);
    }
    run.text += ' ';
  } else if (code >= LOWEST_BLOCK && code <= FULL_BLOCK) {
    const height = (CELL_HEIGHT * (code - LOWEST_BLOCK + 1)) / 8;
    run.shapes += box(left, top + CELL_HEIGHT - height, CELL_WIDTH + 0.2, height);
    run.text += ' ';
  } else {
    run.text += char;
  }
}

function box(x: number, y: number, width: number, height: number): string {
  return `M${n(x)} ${n(y)}h${n(width)}v${n(height)}h${n(-width)}z`;
}

function draw({ look, from, cells, text, shapes }: Run, y: number): string {
  const x = MARGIN + from * CELL_WIDTH;
  const top = MARGIN + y * CELL_HEIGHT;
  const width = n(cells * CELL_WIDTH);
  const out: string[] = [];
  if (look.fill !== undefined) {
    out.push(
      `<rect x="${n(x)}" y="${top}" width="${width}" height="${CELL_HEIGHT}" fill="${look.fill}"/>`,
    );
  }
  const weight = look.bold ? ' font-weight="bold"' : '';
  // Viewers differ in what they make of several blanks: each piece of text gets its own place.
  for (const { 0: piece, index } of text.matchAll(/\S+(?: \S+)*/g)) {
    const left = n(x + index * CELL_WIDTH);
    const length = n(piece.length * CELL_WIDTH);
    out.push(
      `<text x="${left}" y="${n(top + BASELINE)}" fill="${look.colour}" textLength="${length}"${weight}>${escapeXml(piece)}</text>`,
    );
  }
  if (look.underline) {
    const bottom = n(top + CELL_HEIGHT - 1.5);
    out.push(`<rect x="${n(x)}" y="${bottom}" width="${width}" height="1" fill="${look.colour}"/>`);
  }
  if (shapes !== '') out.push(`<path fill="${look.colour}" d="${shapes}"/>`);
  return out.join('');
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
