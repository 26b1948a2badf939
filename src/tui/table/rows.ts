/** Which rows a table shows, in which order: filter, sort, groups, expanded rows below their parents. */
import type { Row, Window } from '../../engine/views/kit/row.js';
import { type View, viewRows } from '../../engine/views/kit/view.js';
import { isListed } from '../config/entities.js';
import { compileFilter, type RowTest } from '../filter/compile.js';
import { FilterError } from '../filter/parse.js';
import type { UiState } from '../state.js';
import { onTrail } from '../trail.js';
import { keyOf, type World } from '../world.js';
import { partsOf, rolledUp } from './expand.js';
import { readSort, sortRows } from './sort.js';

/** The rows of the last frame: table, charts and keys ask for the same ones. */
const last = new WeakMap<Window, { view: View; ui: UiState; rows: readonly Row[] }>();

export function tableRows(view: View, world: World, ui: UiState): readonly Row[] {
  const { window } = world.frames;
  const known = last.get(window);
  if (known?.view === view && known.ui === ui) return known.rows;
  const rows = findRows(view, world, ui);
  last.set(window, { view, ui, rows });
  return rows;
}

function findRows(view: View, world: World, ui: UiState): Row[] {
  const test = testOf(ui.filter, view, world);
  const listed = viewRows(view, world.frames.window).filter(({ info }) =>
    isListed(info, ui.entities),
  );
  const all = rolledUp(view, followed(listed, world, ui), ui);
  const families = all.flatMap((row) => {
    const family = familyOf(row, partsOf(view, row, world, ui), test);
    return family === undefined ? [] : [family];
  });
  const parts = new Map(families.map((family) => [family.row, family.parts]));
  const rows = families.map(({ row }) => row);
  const sort = readSort(view.fields, ui.sort[view.name]);
  const sorted = groupRows(view, rows, sortRows(rows, sort));
  return sorted.flatMap((row) => [row, ...sortRows(parts.get(row) ?? [], sort)]);
}

/** Only what belongs to the row that was followed here, if one was. */
function followed(rows: readonly Row[], world: World, ui: UiState): readonly Row[] {
  if (ui.trail.length === 0) return rows;
  const infos = rows.map(({ info }) => info);
  const kept = new Set(onTrail(infos, ui.trail, world));
  return rows.filter(({ info }) => kept.has(info));
}

interface Family {
  readonly row: Row;
  readonly parts: readonly Row[];
}

/** A row that matches has all its parts; one that does not stays for the sake of parts that do. */
function familyOf(row: Row, parts: readonly Row[], test: RowTest | undefined): Family | undefined {
  if (test === undefined || test(row)) return { row, parts };
  const found = parts.filter(test);
  return found.length === 0 ? undefined : { row, parts: found };
}

const tests = new WeakMap<object, { view: View; text: string; test: RowTest | undefined }>();

/** Compiled once per text and layout. A text that has become wrong with another layout matches all. */
function testOf(text: string, view: View, world: World): RowTest | undefined {
  const { entities } = world.frames;
  const known = tests.get(entities);
  if (known?.view === view && known.text === text) return known.test;
  let test: RowTest | undefined;
  try {
    test = compileFilter(text, view, world);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
  }
  tests.set(entities, { view, text, test });
  return test;
}

/** Groups stay in the order of definition however their rows are sorted. */
function groupRows(view: View, rows: readonly Row[], sorted: Row[]): Row[] {
  const { groups } = view;
  if (groups === undefined) return sorted;
  const found = new Map<string, Row[]>(rows.map((row) => [groups.of(row), []]));
  for (const row of sorted) found.get(groups.of(row))?.push(row);
  return [...found.values()].flat();
}

/** Where the selected object is now; the first row when it is not there. */
export function selectedIndex(view: View, rows: readonly Row[], ui: UiState): number {
  const key = ui.selected[view.name];
  return Math.max(
    0,
    rows.findIndex((row) => keyOf(row.info) === key),
  );
}

export function selectedRow(view: View, world: World, ui: UiState): Row | undefined {
  const rows = tableRows(view, world, ui);
  return rows[selectedIndex(view, rows, ui)];
}
