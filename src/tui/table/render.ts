/** A table as rows of the screen: title, header, and as many rows as fit around the selected one. */
import { above } from '../../engine/views/kit/fields.js';
import { type Cell, formatCell } from '../../engine/views/kit/format.js';
import type { Row } from '../../engine/views/kit/row.js';
import type { Field, Level, View } from '../../engine/views/kit/view.js';
import { isPlain } from '../filter/parse.js';
import type { UiState } from '../state.js';
import type { Source } from '../store.js';
import { cut, plain, shorten, shortenMiddle, wrap } from '../text.js';
import type { Theme, Tone } from '../theme.js';
import { sourceOf, type World } from '../world.js';
import type { Column } from './columns.js';
import { layoutTable, textOf, titleOf } from './layout.js';
import { isText, readSort, type Sort } from './sort.js';

const TONES: readonly Tone[] = ['plain', 'warn', 'bad'];
/** Said of rows that will not come. */
const NOTHING: Partial<Record<Source, string>> = {
  recording: 'esxtop records nothing of this',
  real: 'a real machine does not tell of this',
};
/** Second sign of a level, for screens without colour. */
const MARKS = [' ', '*', '!'] as const;

export function renderTable(
  view: View,
  world: World,
  ui: UiState,
  width: number,
  height: number,
  theme: Theme,
): string[] {
  const { rows, selected, columns, all, shown } = layoutTable(view, world, ui, width, height);
  const sort = readSort(view.fields, ui.sort[view.name]);
  const out = [titleRow(view, rows, ui, columns.length, all, theme), head(columns, sort, theme)];
  if (rows.length === 0) {
    const nothing = NOTHING[sourceOf(world)] ?? view.empty ?? 'nothing here yet';
    out.push(...wrapped(ui.filter === '' ? nothing : 'no row matches', width, theme));
    return out;
  }
  for (const line of shown) {
    const row = rows[line < 0 ? titleOf(line) : line];
    if (row === undefined) continue;
    out.push(
      line < 0
        ? groupTitle(view, row, width, theme)
        : renderRow(row, columns, line === selected, width, theme, world, ui),
    );
  }
  return out;
}

function wrapped(text: string, width: number, theme: Theme): string[] {
  return wrap(text, width - 4).map((line) => theme.paint('dim', `  ${line}`));
}

function groupTitle({ groups }: View, row: Row, width: number, theme: Theme): string {
  const text = shorten(plain(groups?.title(row) ?? ''), width - 2, theme.glyph.more);
  return `  ${theme.paint('accent', text)}`;
}

function titleRow(
  view: View,
  rows: readonly Row[],
  ui: UiState,
  shown: number,
  all: number,
  theme: Theme,
): string {
  const sort = readSort(view.fields, ui.sort[view.name]);
  const parts = [`${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`];
  if (sort !== undefined) parts.push(`by ${sort.field.id}${sort.descending ? '' : ' ascending'}`);
  if (ui.filter !== '') {
    const text = plain(ui.filter);
    parts.push(isPlain(ui.filter) ? `containing "${text}"` : `where ${text}`);
  }
  if (shown < all) parts.push(`${shown} of ${all} columns (left, right)`);
  return `${theme.paint('title', view.title)} ${theme.paint('dim', parts.join(', '))}`;
}

function head(columns: readonly Column[], sort: Sort | undefined, theme: Theme): string {
  const cells = columns.map(({ field, width }) => align(field.id, width, isLeft(field)));
  return `  ${theme.paint('head', markSorted(cells, columns, sort, theme))}`;
}

/** The mark stands in the blank beside the title, so that no column needs more room for it. */
function markSorted(
  cells: readonly string[],
  columns: readonly Column[],
  sort: Sort | undefined,
  { glyph }: Theme,
): string {
  const text = cells.join(' ');
  const index = columns.findIndex(({ field }) => field.id === sort?.field.id);
  const column = columns[index];
  if (sort === undefined || column === undefined) return text;
  const { field, width } = column;
  const start = cells.slice(0, index).reduce((sum, cell) => sum + cell.length + 1, 0);
  const at = isLeft(field) ? start + field.id.length : start + width - field.id.length - 1;
  const mark = sort.descending ? glyph.descending : glyph.ascending;
  return text.slice(0, at) + mark + text.slice(at + 1);
}

function renderRow(
  row: Row,
  columns: readonly Column[],
  selected: boolean,
  width: number,
  theme: Theme,
  world: World,
  ui: UiState,
): string {
  const { more } = theme.glyph;
  let worst: Level = 0;
  const cells = columns.map(({ field, width: room }, index) => {
    const value = field.value(row);
    const level = levelOf(field, value, row, ui);
    if (level > worst) worst = level;
    const raw =
      index === 0 || ui.friendly
        ? textOf(row, field, index === 0, world, ui, { width: room, more })
        : plain(formatCell(field.format, value, room));
    const text =
      index === 0 || field.grow ? shortenMiddle(raw, room, more) : shorten(raw, room, more);
    const aligned = align(text, room, isLeft(field));
    return selected ? aligned : theme.paint(TONES[level] ?? 'plain', aligned);
  });
  const mark = MARKS[worst] ?? ' ';
  if (!selected) return ` ${theme.paint(TONES[worst] ?? 'plain', mark)}${cells.join(' ')}`;
  return theme.paint('selected', cut(`${theme.glyph.pointer}${mark}${cells.join(' ')}`, 0, width));
}

/** A person's own limits come before the column's. */
function levelOf(field: Field, value: Cell, row: Row, { thresholds }: UiState): Level {
  const own = thresholds[field.id];
  return own === undefined ? (field.level?.(value, row) ?? 0) : above(...own)(value, row);
}

function isLeft(field: Field): boolean {
  return isText(field);
}

function align(text: string, width: number, left: boolean): string {
  return left ? text.padEnd(width) : text.padStart(width);
}
