/** Where everything of a table stands: rows, columns, lines; for drawing and for the mouse. */
import { formatCell } from '../../engine/views/kit/format.js';
import type { Row } from '../../engine/views/kit/row.js';
import type { Field, View } from '../../engine/views/kit/view.js';
import type { UiState } from '../state.js';
import { plain } from '../text.js';
import type { World } from '../world.js';
import { chosenFields, keep } from './choice.js';
import { type Column, fitColumns, GUTTER } from './columns.js';
import { friendlyName, isDeviceColumn, type Room, widerForNames } from './names.js';
import { selectedIndex, tableRows } from './rows.js';
import { readSort } from './sort.js';

const HEAD_ROWS = 2;
/** An indented path in full: `  vmhba64:C0:T0:L0`. */
const PART_WIDTH = 18;

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
  const fields = tableFields(view, world, ui);
  const widest = (field: Field): number =>
    rows.reduce(
      (most, row) => Math.max(most, textOf(row, field, field === fields[0], world, ui).length),
      0,
    );
  const columns = fitColumns(fields, width, ui.shift, widest, ui.nameLength);
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
export function titleOf(line: number): number {
  return -line - 1;
}

/** Scrolls only as far as the selected row needs. */
function firstVisible(count: number, selected: number, room: number): number {
  if (count <= room) return 0;
  return Math.min(count - room, Math.max(0, selected - Math.floor(room / 2)));
}

/** A cell in full, or as a number of at most `width`; in the first column, parts of a row are indented. */
export function textOf(
  row: Row,
  field: Field,
  first: boolean,
  world: World,
  { friendly }: UiState,
  room?: Room,
): string {
  const value = field.value(row);
  const named = friendly && isDeviceColumn(field.id);
  if (!first && !named) {
    return plain(room === undefined ? String(value) : formatCell(field.format, value, room.width));
  }
  const indent = first && row.depth > 0 ? '  ' : '';
  const left = room && { ...room, width: room.width - indent.length };
  const text = named ? friendlyName(row, String(value), world, left) : String(value);
  return indent + plain(text);
}

/** The columns of a screen as chosen; the one that is sorted by has its place however narrow it is. */
export function tableFields(view: View, world: World, ui: UiState): Field[] {
  const sort = readSort(view.fields, ui.sort[view.name]);
  const chosen = chosenFields(view, world.frames.entities, ui.columns[view.name]);
  const fields = sort === undefined ? chosen : keep(chosen, new Set([sort.field.id]), 0);
  const wider = ui.friendly ? fields.map(widerForNames) : fields;
  const [name, ...rest] = wider;
  const least = view.partWidth ?? (view.expandBy === undefined ? 0 : PART_WIDTH);
  if (name === undefined || least <= name.width || ui.expanded.size === 0) return wider;
  return [{ ...name, width: least }, ...rest];
}
