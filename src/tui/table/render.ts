/** A table as rows of the screen: title, header, and as many rows as fit around the selected one. */
import { formatCell } from '../../engine/views/kit/format.js';
import type { Row } from '../../engine/views/kit/row.js';
import { type Field, type Level, type View, viewFields } from '../../engine/views/kit/view.js';
import type { UiState } from '../state.js';
import { cut, plain, shorten, shortenMiddle, wrap } from '../text.js';
import type { Theme, Tone } from '../theme.js';
import type { World } from '../world.js';
import { type Column, fitColumns, GUTTER } from './columns.js';
import { selectedIndex, tableRows } from './rows.js';

const TONES: readonly Tone[] = ['plain', 'warn', 'bad'];
/** Second sign of a level, for screens without colour. */
const MARKS = [' ', '*', '!'] as const;
const HEAD_ROWS = 2;

/** Where everything of a table stands. */
export interface TableLayout {
  readonly rows: readonly Row[];
  /** Index of the selected row. */
  readonly selected: number;
  readonly columns: readonly Column[];
  /** How many columns there are, shown or not. */
  readonly all: number;
  /** The lines below the head: an index into the rows; negative for a group's title. */
  readonly shown: readonly number[];
  /** The field whose column is at a column of the screen. */
  columnAt(x: number): Field | undefined;
}

export function layoutTable(
  view: View,
  world: World,
  ui: UiState,
  width: number,
  height: number,
): TableLayout {
  const rows = tableRows(view, world, ui);
  const selected = selectedIndex(view, rows, ui);
  const fields = viewFields(view, world.frames.entities);
  const widest = (field: Field): number =>
    rows.reduce((most, row) => Math.max(most, textOf(row, field, field === fields[0]).length), 0);
  const columns = fitColumns(fields, width, ui.shift, widest, ui.wideNames);
  const room = Math.max(1, height - HEAD_ROWS);
  const lines = linesOf(view, rows);
  const first = firstVisible(lines.length, lines.indexOf(selected), room);
  const shown = lines.slice(first, first + room);
  // A group whose title is scrolled past has it in place of the first row that is left.
  if (view.groups !== undefined && shown.length > 2 && shown[0] !== selected) {
    const [top = 0] = shown;
    if (top >= 0) shown[0] = titleOf(top);
  }
  return {
    rows,
    selected,
    columns,
    all: fields.length,
    shown,
    columnAt(x) {
      let at = GUTTER;
      return columns.find((column) => {
        const from = at;
        at += column.width + 1;
        return x >= from && x < at - 1;
      })?.field;
    },
  };
}

export function renderTable(
  view: View,
  world: World,
  ui: UiState,
  width: number,
  height: number,
  theme: Theme,
): string[] {
  const { rows, selected, columns, all, shown } = layoutTable(view, world, ui, width, height);
  const out = [titleRow(view, rows, ui, columns.length, all, theme), head(columns, theme)];
  if (rows.length === 0) {
    const nothing = view.empty ?? 'nothing here yet';
    out.push(...wrapped(ui.filter === '' ? nothing : 'no row matches', width, theme));
    return out;
  }
  for (const line of shown) {
    const row = rows[line < 0 ? titleOf(line) : line];
    if (row === undefined) continue;
    out.push(
      line < 0
        ? groupTitle(view, row, width, theme)
        : renderRow(row, columns, line === selected, width, theme),
    );
  }
  return out;
}

function wrapped(text: string, width: number, theme: Theme): string[] {
  return wrap(text, width - 4).map((line) => theme.paint('dim', `  ${line}`));
}

/** Rows by index; a negative line is the title of the group of row `-line - 1`. */
function linesOf({ groups }: View, rows: readonly Row[]): number[] {
  if (groups === undefined) return rows.map((_, index) => index);
  let group: string | undefined;
  return rows.flatMap((row, index) => {
    const name = groups.of(row);
    if (name === group) return [index];
    group = name;
    return [titleOf(index), index];
  });
}

/** From a row to the line of its group's title, and back. */
function titleOf(line: number): number {
  return -line - 1;
}

function groupTitle({ groups }: View, row: Row, width: number, theme: Theme): string {
  const text = shorten(plain(groups?.title(row) ?? ''), width - 2, theme.glyph.more);
  return `  ${theme.paint('accent', text)}`;
}

/** Scrolls only as far as the selected row needs. */
function firstVisible(count: number, selected: number, room: number): number {
  if (count <= room) return 0;
  return Math.min(count - room, Math.max(0, selected - Math.floor(room / 2)));
}

function titleRow(
  view: View,
  rows: readonly Row[],
  ui: UiState,
  shown: number,
  all: number,
  theme: Theme,
): string {
  const key = ui.sort[view.name] ?? '';
  const sorted = view.fields.find(({ sort }) => sort !== undefined && sort === key)?.id;
  const parts = [`${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`];
  if (sorted !== undefined) parts.push(`by ${sorted}`);
  if (ui.filter !== '') parts.push(`containing "${plain(ui.filter)}"`);
  if (shown < all) parts.push(`${shown} of ${all} columns (left, right)`);
  return `${theme.paint('title', view.title)} ${theme.paint('dim', parts.join(', '))}`;
}

function head(columns: readonly Column[], theme: Theme): string {
  const cells = columns.map(({ field, width }) => align(field.id, width, isLeft(field)));
  return `  ${theme.paint('head', cells.join(' '))}`;
}

function renderRow(
  row: Row,
  columns: readonly Column[],
  selected: boolean,
  width: number,
  theme: Theme,
): string {
  let worst: Level = 0;
  const cells = columns.map(({ field, width: room }, index) => {
    const value = field.value(row);
    const level = field.level?.(value, row) ?? 0;
    if (level > worst) worst = level;
    const raw = index === 0 ? nameOf(row, field) : plain(formatCell(field.format, value, room));
    const { more } = theme.glyph;
    const text =
      index === 0 || field.grow ? shortenMiddle(raw, room, more) : shorten(raw, room, more);
    const aligned = align(text, room, isLeft(field));
    return selected ? aligned : theme.paint(TONES[level] ?? 'plain', aligned);
  });
  const mark = MARKS[worst] ?? ' ';
  if (!selected) return ` ${theme.paint(TONES[worst] ?? 'plain', mark)}${cells.join(' ')}`;
  return theme.paint('selected', cut(`${theme.glyph.pointer}${mark}${cells.join(' ')}`, 0, width));
}

function textOf(row: Row, field: Field, first: boolean): string {
  return first ? nameOf(row, field) : plain(String(field.value(row)));
}

/** The first column; parts of an expanded row are indented. */
function nameOf(row: Row, field: Field): string {
  const text = String(field.value(row));
  return (row.depth > 0 ? '  ' : '') + plain(text);
}

function isLeft({ format, right }: Field): boolean {
  return format === 'text' && !right;
}

function align(text: string, width: number, left: boolean): string {
  return left ? text.padEnd(width) : text.padStart(width);
}
