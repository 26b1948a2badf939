import { assert } from '../../core/assert.js';
import type { Entities } from './entities.js';
import type { Cell, Format } from './format.js';
import { Row, type Window } from './row.js';

/** 0 fine, 1 worth a look, 2 bad. */
export type Level = 0 | 1 | 2;

/** How a column's values are judged. */
export interface LevelRule {
  (value: Cell, row: Row): Level;
  /** The two numbers it goes by, where it goes by numbers; both inclusive. */
  readonly limits?: readonly [warn: number, bad: number];
}

/** One column. */
export interface Field {
  /** Column title, as esxtop spells it where it has one; unique within the view. */
  readonly id: string;
  /** Characters; of the first column, at most while others give way. */
  readonly width: number;
  /** What gives way first on a narrow screen: 0 never, higher numbers earlier. */
  readonly weight: number;
  readonly format: Format;
  readonly help: string;
  readonly value: (row: Row) => Cell;
  readonly level?: LevelRule;
  /** What a number in it is of, where that is a time; filters convert to it. */
  readonly unit?: 'ms';
  /** Columns of one group are left out together: reads without writes mislead. */
  readonly group?: string;
  /** Key that sorts by this column, descending. */
  readonly sort?: string;
  /** Part of what tells rows apart: stays when the columns after it are scrolled past. */
  readonly stays?: boolean;
  /** Takes spare width as far as its content needs it, from the left. */
  readonly grow?: boolean;
  /** The number in a text that is one with a mark: it stands at the right, is sorted and compared by. */
  readonly number?: (row: Row) => number;
  /** Id of the field drawn in the same chart, for comparison. */
  readonly against?: string;
  /** Left out where it would say the same in every row. */
  readonly shown?: (entities: Entities) => boolean;
}

/** Columns that a person shows or hides together, as esxtop's field groups. */
export interface FieldGroup {
  /** Upper case; esxtop's own where esxtop has the group. */
  readonly letter: string;
  /** As on esxtop's selection screen: `QSTATS = Queue Stats`. */
  readonly name: string;
  /** Ids of its columns, all of them of the view. */
  readonly fields: readonly string[];
  /** Shown from the start; others are where there is room for them. */
  readonly on: boolean;
}

export interface Groups {
  /** Names a row's group. */
  readonly of: (row: Row) => string;
  /** What stands above a group, made from any row of it. */
  readonly title: (row: Row) => string;
}

/** A table: one row per object of a scope. */
export interface View {
  readonly name: string;
  /** Key that opens it. */
  readonly key: string;
  readonly title: string;
  /** Title where space is short. */
  readonly tab: string;
  readonly summary: string;
  readonly scope: string;
  /** Whether the object of a row is there now; all are, unless said. */
  readonly there?: (row: Row) => boolean;
  /** Scope of the rows an expanded row is split into. */
  readonly expand?: string;
  /** Characters the first column has at least while rows are expanded, for the names of their parts. */
  readonly partWidth?: number;
  /** Scope of the objects whose rows can be rolled up into one, the sum of theirs. */
  readonly rollUp?: string;
  /** More ways to split a row, each by a key of its own. */
  readonly expandBy?: readonly { readonly key: string; readonly scope: string }[];
  /** Rows that belong together stay together, under a title. */
  readonly groups?: Groups;
  /** Said instead of rows when there are none. */
  readonly empty?: string;
  readonly fields: readonly Field[];
  /** Columns in none of these are a group each. */
  readonly fieldGroups?: readonly FieldGroup[];
  /** Fields worth a chart for the selected row, most telling first. */
  readonly charts: readonly string[];
}

/**
 * Checks what a type cannot say: ids and sort keys are unique, charts, comparisons and field groups
 * name fields, and no field is in two groups. Objects of a recording show what was recorded under a
 * column's title.
 */
export function defineView(view: View): View {
  const ids = new Set<string>();
  const keys = new Set<string>();
  const all = new Set(view.fields.map(({ id }) => id));
  for (const { id, sort, against } of view.fields) {
    assert(!ids.has(id), `view ${view.name} has two fields ${id}`);
    assert(sort === undefined || !keys.has(sort), `view ${view.name} sorts twice by ${sort}`);
    assert(against === undefined || all.has(against), `view ${view.name} has no field ${against}`);
    ids.add(id);
    if (sort !== undefined) keys.add(sort);
  }
  for (const id of view.charts) {
    assert(ids.has(id), `view ${view.name} has a chart of unknown field ${id}`);
  }
  const grouped = new Set<string>();
  for (const { letter, fields } of view.fieldGroups ?? []) {
    for (const id of [letter, ...fields]) {
      assert(id === letter || ids.has(id), `view ${view.name} groups an unknown field ${id}`);
      assert(!grouped.has(id), `view ${view.name} has ${id} in two groups`);
      grouped.add(id);
    }
  }
  const fields = view.fields.map((field) => ({
    ...field,
    value: (row: Row): Cell => row.recorded(field.id) ?? field.value(row),
  }));
  return { ...view, fields };
}

/** The view's objects that are there in one window, in the order of definition. */
export function viewRows(view: View, window: Window): Row[] {
  const rows = window.entities.scope(view.scope).map((info) => new Row(window, info));
  return view.there === undefined ? rows : rows.filter(view.there);
}

/** The view's columns for this layout. */
export function viewFields(view: View, entities: Entities): Field[] {
  return view.fields.filter(({ shown }) => shown === undefined || shown(entities));
}
