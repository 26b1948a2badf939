/** What the charts of a screen show: fields of the selected row, or of all guests together. */
import { BLOCK_BYTES } from '../../engine/core/io.js';
import type { LayerFigures } from '../../engine/views/kit/layers.js';
import { layerFigures } from '../../engine/views/kit/layers.js';
import { Row, type Window } from '../../engine/views/kit/row.js';
import { OVERVIEW, screenOf } from '../screens.js';
import type { UiState } from '../state.js';
import { selectedRow } from '../table/rows.js';
import { plain } from '../text.js';
import type { World } from '../world.js';
import type { Series } from './area.js';

const MB = 1024 * 1024;

/** @param points how many samples the widest chart can show */
export function chartSeries(world: World, ui: UiState, points: number): Series[] {
  const windows = world.frames.windows(points);
  const [first] = windows;
  const last = windows.at(-1);
  if (first === undefined || last === undefined) return [];
  const spanNs = last.after.at - first.after.at;
  if (ui.screen === OVERVIEW) return overview(windows, spanNs);
  const { view } = screenOf(ui.screen);
  const row = view === undefined ? undefined : selectedRow(view, world, ui);
  if (view === undefined || row === undefined) return [];
  return view.charts.flatMap((id): Series[] => {
    const field = view.fields.find((candidate) => candidate.id === id);
    if (field === undefined) return [];
    const isSpace = field.format === 'blocks';
    const scale = isSpace ? BLOCK_BYTES / MB : 1;
    const values = windows.map(
      (window) => Number(field.value(new Row(window, row.info, row.depth))) * scale,
    );
    const title = `${id}${isSpace ? ' MB' : ''} ${plain(row.name)}`;
    return [{ title, values, spanNs, ...(field.format === 'percent' ? { top: 100 } : {}) }];
  });
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
    values: windows.map((window) => {
      const [guests] = layersOf(window);
      return guests === undefined ? Number.NaN : value(guests);
    }),
    spanNs,
  }));
}

const known = new WeakMap<object, readonly LayerFigures[]>();

/** Kept per sample: trends ask for the same windows in every frame. */
export function layersOf(window: Window): readonly LayerFigures[] {
  let figures = known.get(window.after);
  if (figures === undefined) {
    figures = layerFigures(window);
    known.set(window.after, figures);
  }
  return figures;
}
