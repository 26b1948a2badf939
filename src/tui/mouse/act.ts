/** What the mouse does: the wheel scrolls, a click selects, opens, sorts or changes the screen. */
import { tabAt } from '../frame-rows.js';
import type { Painter } from '../painter.js';
import { screenOf } from '../screens.js';
import type { UiState } from '../state.js';
import { layoutTable } from '../table/layout.js';
import { readSort, sortByColumn, turnSort } from '../table/sort.js';
import { act, type Change, press, watching } from '../update.js';
import { keyOf, type World } from '../world.js';
import type { MouseReport } from './input.js';

/** Rows one notch of the wheel moves; in menus one, as entries are chosen there. */
const NOTCH = 3;
/** The row of the tabs, from 0; the frame is laid out in app.tsx. */
const TABS_ROW = 1;
/** Above a table's rows: its title and the names of its columns. */
const HEAD_ROW = 1;

export interface Scene {
  readonly world: World;
  readonly painter: Painter;
}

export function point(state: UiState, report: MouseReport, scene: Scene): Change {
  if (report.what !== 'press')
    return turn(state, report.what === 'wheel-up' ? 'up' : 'down', scene);
  if (state.dialogs.length > 0) return { state, messages: [] };
  const { x, y } = report;
  if (y === TABS_ROW) {
    const name = tabAt(state.screen, scene.painter.columns, x);
    return name === undefined
      ? { state, messages: [] }
      : watching(state.screen, act(state, { do: 'screen', name }, scene.world));
  }
  return click(state, x, y, scene);
}

/** The wheel is the arrow keys. */
function turn(state: UiState, key: 'up' | 'down', { world }: Scene): Change {
  const dialog = state.dialogs.at(-1)?.kind;
  const times = dialog === 'menu' || dialog === 'form' ? 1 : NOTCH;
  let change: Change = { state, messages: [] };
  for (let time = 0; time < times; time++) change = press(change.state, key, world);
  return change;
}

function click(state: UiState, x: number, y: number, { world, painter }: Scene): Change {
  const nothing = { state, messages: [] };
  const rect = painter.rectOf('screen');
  const { view } = screenOf(state.screen);
  if (view === undefined || rect === undefined) return nothing;
  const [column, row] = [x - rect.x, y - rect.y];
  if (row < HEAD_ROW || row >= rect.height) return nothing;
  const table = layoutTable(view, world, state, rect.width, rect.height);
  if (row === HEAD_ROW) {
    const field = table.columnAt(column);
    if (field === undefined) return nothing;
    const now = state.sort[view.name];
    const again = readSort(view.fields, now)?.field.id === field.id;
    const sort = again ? turnSort(view.fields, now) : sortByColumn(view.fields, field, now);
    const sorted = { ...state.sort, [view.name]: sort };
    return { state: { ...state, sort: sorted, notice: '' }, messages: [] };
  }
  const line = table.shown[row - HEAD_ROW - 1];
  const clicked = line === undefined || line < 0 ? undefined : table.rows[line];
  if (clicked === undefined) return nothing;
  // A second click on the same row is Enter.
  if (line === table.selected) return press(state, 'enter', world);
  const selected = { ...state.selected, [view.name]: keyOf(clicked.info) };
  return { state: { ...state, selected, notice: '' }, messages: [] };
}
