/** A table as rows of the screen: title, header, and as many rows as fit around the selected one. */
import { formatCell } from '../../engine/views/kit/format.js';
import type { Row } from '../../engine/views/kit/row.js';
import { type Field, type Level, type View, viewFields } from '../../engine/views/kit/view.js';
import type { UiState } from '../state.js';
import { cut, plain, shorten, shortenMiddle } from '../text.js';
import type { Theme, Tone } from '../theme.js';
import type { World } from '../world.js';
import { type Column, fitColumns } from './columns.js';
import { selectedIndex, tableRows } from './rows.js';

const TONES: readonly Tone[] = ['plain', 'warn', 'bad'];
/** Second sign of a level, for screens without colour. */
const MARKS = [' ', '*', '!'] as const;
const HEAD_ROWS = 2;

export function renderTable(
  view: View,
  world: World,
  ui: UiState,
  width: number,
  height: number,
  theme: Theme,
): string[] {
  const rows = tableRows(view, world, ui);
  const selected = selectedIndex(view, rows, ui);
  const fields = viewFields(view, world.frames.entities);
  const widest = (field: Field): number =>
    rows.reduce((most, row) => Math.max(most, textOf(row, field, field === fields[0]).length), 0);
  const columns = fitColumns(fields, width, ui.shift, widest, ui.wideNames);
  const out = [
    titleRow(view, rows, ui, columns.length, fields.length, theme),
    head(columns, theme),
  ];
  if (rows.length === 0) {
    out.push(theme.paint('dim', ui.filter === '' ? '  nothing here yet' : '  no row matches'));
    return out;
  }
  const room = Math.max(1, height - HEAD_ROWS);
  const first = firstVisible(rows.length, selected, room);
  const last = Math.min(rows.length, first + room);
  for (let index = first; index < last; index++) {
    const row = rows[index];
    if (row !== undefined) out.push(renderRow(row, columns, index === selected, width, theme));
  }
  return out;
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
  const cells = columns.map(({ field, width }) => align(field.id, width, field.format === 'text'));
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
    const aligned = align(text, room, field.format === 'text');
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

function align(text: string, width: number, left: boolean): string {
  return left ? text.padEnd(width) : text.padStart(width);
}
