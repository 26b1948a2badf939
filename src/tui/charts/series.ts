/** What the charts of a screen show: fields of the selected row, or of all guests together. */
import { BLOCK_BYTES } from '../../engine/core/io.js';
import type { EntityInfo } from '../../engine/core/meters.js';
import type { LayerFigures } from '../../engine/views/kit/layers.js';
import { layerFigures } from '../../engine/views/kit/layers.js';
import type { Row, Window } from '../../engine/views/kit/row.js';
import type { Field, View } from '../../engine/views/kit/view.js';
import { OVERVIEW, screenOf } from '../screens.js';
import type { UiState } from '../state.js';
import { selectedRow } from '../table/rows.js';
import { plain } from '../text.js';
import type { World } from '../world.js';
import type { Series } from './area.js';
import { evenly } from './even.js';

/** Binary, as everywhere in the product; the first whose figures stay short. */
const UNITS = [
  ['MB', 1024 * 1024],
  ['GB', 1024 * 1024 * 1024],
  ['TB', 1024 * 1024 * 1024 * 1024],
] as const;
const FIGURES_MAX = 10_000;

/** @param points how many samples the widest chart can show */
export function chartSeries(world: World, ui: UiState, points: number): Series[] {
  const past = world.lookAt !== undefined;
  return seriesOf(world, ui, points).map((series) => (past ? { ...series, past } : series));
}

function seriesOf(world: World, ui: UiState, points: number): Series[] {
  const windows = world.frames.windows(points);
  const [first] = windows;
  const last = windows.at(-1);
  if (first === undefined || last === undefined) return [];
  const spanNs = last.after.at - first.after.at;
  if (ui.screen === OVERVIEW && world.plan?.real) return [];
  if (ui.screen === OVERVIEW) return overview(windows, spanNs);
  const { view } = screenOf(ui.screen);
  const row = view === undefined ? undefined : selectedRow(view, world, ui);
  if (view === undefined || row === undefined) return [];
  return view.charts.flatMap((id): Series[] => {
    const field = view.fields.find((candidate) => candidate.id === id);
    if (field === undefined) return [];
    const values = past(field, row, windows);
    const [unit, scale] = unitOf(field, values);
    const other = view.fields.find((candidate) => candidate.id === field.against);
    const series: Series = {
      title: `${field.id}${unit} ${plain(nameOf(view, row))}`,
      values: values.map((value) => value / scale),
      spanNs,
      ...(field.format === 'percent' ? { top: 100 } : {}),
      ...(other === undefined
        ? {}
        : { against: { title: other.id, values: past(other, row, windows) } }),
    };
    return [series];
  });
}

/**
 * Rows in groups are told apart by their first column, whatever the names of their objects; others that
 * have namesakes by their host.
 */
function nameOf({ groups, fields }: View, row: Row): string {
  const [first] = fields;
  if (groups === undefined || row.depth > 0 || first === undefined) {
    const { name, scope, labels } = row.info;
    const isOther = (info: EntityInfo): boolean =>
      info.name === name && info.labels.host !== labels.host;
    const isAmbiguous = row.window.entities.scope(scope).some(isOther);
    return isAmbiguous && labels.host !== undefined ? `${labels.host} ${name}` : name;
  }
  return String(first.value(row));
}

/** What the title says of the unit, and by what values are divided. */
function unitOf({ format }: Field, values: readonly number[]): readonly [string, number] {
  if (format !== 'blocks') return ['', 1];
  const most = values.reduce((max, value) => (value > max ? value : max), 0) * BLOCK_BYTES;
  const [unit, bytes] = UNITS.find((each) => most < FIGURES_MAX * each[1]) ?? UNITS[2];
  return [` ${unit}`, bytes / BLOCK_BYTES];
}

/** The field's values of one object over the windows. */
function past({ value }: Field, row: Row, windows: readonly Window[]): number[] {
  const values = windows.map((window) => Number(value(row.in(window))));
  return evenly(values, windows);
}

const GUESTS: readonly (readonly [title: string, value: (guests: LayerFigures) => number])[] = [
  ['guest CMDS/s', (guests) => guests.commandsPerSecond],
  ['guest latency ms', (guests) => guests.latencyMs],
  ['guest MB/s', (guests) => guests.megabytesPerSecond],
  ['guest commands in flight', (guests) => guests.active],
];

function overview(windows: readonly Window[], spanNs: number): Series[] {
  return GUESTS.map(([title, value]) => ({
    title,
    values: evenly(
      windows.map((window) => {
        const [guests] = layersOf(window);
        return guests === undefined ? Number.NaN : value(guests);
      }),
      windows,
    ),
    spanNs,
  }));
}

const known = new WeakMap<object, { readonly fromNs: number; readonly figures: LayerFigures[] }>();

/** Kept per sample: trends ask for the same windows in every frame. Old ones grow together. */
export function layersOf(window: Window): readonly LayerFigures[] {
  const fromNs = window.before.at;
  const kept = known.get(window.after);
  if (kept?.fromNs === fromNs) return kept.figures;
  const figures = [...layerFigures(window)];
  known.set(window.after, { fromNs, figures });
  return figures;
}
