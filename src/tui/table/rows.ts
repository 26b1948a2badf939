/** Which rows a table shows, in which order: filter, sort, groups, expanded rows below their parents. */
import type { Row } from '../../engine/views/kit/row.js';
import { type View, viewRows } from '../../engine/views/kit/view.js';
import type { UiState } from '../state.js';
import { onTrail } from '../trail.js';
import { keyOf, type World } from '../world.js';

export function tableRows(view: View, world: World, ui: UiState): Row[] {
  const found = viewRows(view, world.frames.window).filter((row) => matches(row, ui.filter));
  const rows = followed(found, world, ui);
  const sorted = groupRows(view, rows, sortRows(view, rows, ui.sort[view.name] ?? ''));
  if (view.expand === undefined || ui.expanded.size === 0) return sorted;
  const { expand } = view;
  return sorted.flatMap((row) =>
    ui.expanded.has(keyOf(row.info)) ? [row, ...row.children(expand)] : [row],
  );
}

/** Only what belongs to the row that was followed here, if one was. */
function followed(rows: Row[], world: World, ui: UiState): Row[] {
  if (ui.trail.length === 0) return rows;
  const infos = rows.map(({ info }) => info);
  const kept = new Set(onTrail(infos, ui.trail, world));
  return rows.filter(({ info }) => kept.has(info));
}

/** Always descending, as in esxtop; equal rows keep the order of definition. */
function sortRows(view: View, rows: Row[], key: string): Row[] {
  const field = view.fields.find(({ sort }) => sort !== undefined && sort === key);
  if (field === undefined) return rows;
  return rows
    .map((row) => ({ row, value: Number(field.value(row)) || 0 }))
    .sort((a, b) => b.value - a.value)
    .map(({ row }) => row);
}

/** Groups stay in the order of definition however their rows are sorted. */
function groupRows(view: View, rows: readonly Row[], sorted: Row[]): Row[] {
  const { groups } = view;
  if (groups === undefined) return sorted;
  const found = new Map<string, Row[]>(rows.map((row) => [groups.of(row), []]));
  for (const row of sorted) found.get(groups.of(row))?.push(row);
  return [...found.values()].flat();
}

function matches({ info }: Row, filter: string): boolean {
  if (filter === '') return true;
  const text = [info.name, ...Object.values(info.labels)].join('\n').toLowerCase();
  return text.includes(filter.toLowerCase());
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
