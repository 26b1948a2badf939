/** One key press: the new state, and what is said to the engine. */
import type { EntityInfo } from '../engine/core/meters.js';
import { openRank, rescan, switchSelected } from './dialogs/administer.js';
import { delayForm, filterForm } from './dialogs/form.js';
import { openHistory } from './dialogs/history.js';
import { answerMenu, faultMenu } from './dialogs/menu.js';
import { openQos } from './dialogs/qos.js';
import { dialogKey } from './dialogs/update.js';
import type { ToEngine } from './engine.js';
import { type Action, lookup, type Scope } from './keymap.js';
import { EVENTS, LATENCY, OVERVIEW, screenOf, screens } from './screens.js';
import { SPEEDS, type UiState } from './state.js';
import { moveSubject, subjectOf } from './subject.js';
import { selectedIndex, selectedRow, tableRows } from './table/rows.js';
import { follow, retrace } from './trail.js';
import { keyOf, type World } from './world.js';

export interface Change {
  readonly state: UiState;
  readonly messages: readonly ToEngine[];
  /** The screen is to be written anew. */
  readonly redraw?: boolean;
}

const INTERRUPTED = 130;

/** Scopes the keyboard acts in, innermost first. */
export function activeScopes(state: UiState): readonly Scope[] {
  const dialog = state.dialogs.at(-1);
  if (dialog !== undefined) return [dialog.kind];
  if (state.screen === OVERVIEW) return ['overview', 'global'];
  if (state.screen === LATENCY) return ['latency', 'global'];
  return [state.screen === EVENTS ? 'events' : 'table', 'global'];
}

export function press(state: UiState, key: string, world: World): Change {
  const quiet = state.notice === '' ? state : { ...state, notice: '' };
  if (key === 'ctrl+c') return { state: { ...quiet, exitCode: INTERRUPTED }, messages: [] };
  if (key === 'ctrl+l') return { state: quiet, messages: [], redraw: true };
  const action = lookup(key, activeScopes(quiet));
  if (quiet.dialogs.length > 0) {
    return dialogKey(quiet, key, action, world, selectedObject(quiet, world));
  }
  if (action === undefined) return { state: quiet, messages: [] };
  return watching(quiet.screen, act(quiet, action, world));
}

/** Commands are followed while somebody looks where their time goes, and only then. */
function watching(before: string, change: Change): Change {
  const on = change.state.screen === LATENCY;
  if (on === (before === LATENCY)) return change;
  return { ...change, messages: [...change.messages, { type: 'breakdown', on }] };
}

/** The object keys act on; the overview and the event log have none. */
export function selectedObject(state: UiState, world: World): EntityInfo | undefined {
  const { view } = screenOf(state.screen);
  return view === undefined ? undefined : selectedRow(view, world, state)?.info;
}

function only(state: UiState): Change {
  return { state, messages: [] };
}

function say(state: UiState, notice: string): Change {
  return only({ ...state, notice });
}

function act(state: UiState, action: Action, world: World): Change {
  switch (action.do) {
    case 'quit':
      return only({ ...state, exitCode: 0 });
    case 'help':
      return only({ ...state, dialogs: [{ kind: 'help', scroll: 0 }] });
    case 'screen':
      return only(
        action.name === LATENCY ? showLatency(state, world) : showScreen(state, action.name),
      );
    case 'next-screen': {
      const at = screens.findIndex(({ name }) => name === state.screen);
      const next = screens[(at + action.by + screens.length) % screens.length];
      return only(showScreen(state, next?.name ?? OVERVIEW));
    }
    case 'pause':
    case 'step':
    case 'speed':
      return pace(state, action, world);
    case 'delay':
      return only({ ...state, dialogs: [delayForm(state.delayMs)] });
    case 'filter':
      return only({ ...state, dialogs: [filterForm(state.filter)] });
    case 'clear':
      return only({ ...state, filter: '', back: 0, about: '', trail: [] });
    case 'names':
      return only({ ...state, wideNames: !state.wideNames });
    case 'faults':
      if (state.readOnly) return say(state, 'read only: faults are off');
      if (world.faults.length === 0) return say(state, 'the engine has not started yet');
      return only({ ...state, dialogs: [faultMenu(world)] });
    case 'answer':
      if (world.stunned.length === 0) return say(state, 'no virtual machine has a question');
      if (state.readOnly) return say(state, 'read only: questions cannot be answered');
      return only({ ...state, dialogs: [answerMenu(world)] });
    case 'retrace':
      return only(retrace(state));
    default:
      if (state.screen === LATENCY && action.do === 'move') {
        return only({ ...state, about: moveSubject(state, world, action.by) });
      }
      return state.screen === EVENTS
        ? scrollLog(state, action, world)
        : inTable(state, action, world);
  }
}

function showScreen(state: UiState, name: string): UiState {
  return name === state.screen
    ? state
    : { ...state, screen: name, shift: 0, back: 0, filter: '', trail: [] };
}

/** The latency of the selected row's object; without one, of what was shown last. */
function showLatency(state: UiState, world: World): UiState {
  const row = selectedObject(state, world);
  const subject = row === undefined ? undefined : subjectOf(row, world);
  const shown = showScreen(state, LATENCY);
  if (row === undefined || subject === undefined) return shown;
  const step = { screen: state.screen, key: keyOf(row), name: row.name };
  return { ...shown, about: keyOf(subject), trail: [...state.trail, step] };
}

function pace(
  state: UiState,
  action: Extract<Action, { do: 'pause' | 'step' | 'speed' }>,
  world: World,
): Change {
  if (action.do === 'step') {
    const messages: ToEngine[] = [{ type: 'step', ns: action.ns }];
    if (!state.paused) messages.unshift({ type: 'pace', speed: 0 });
    return { state: { ...state, paused: true }, messages };
  }
  if (action.do === 'pause') {
    if (world.done) return say(state, 'the scenario has come to its end');
    const paused = !state.paused;
    const speed = paused ? 0 : (SPEEDS[state.speed] ?? 1);
    return { state: { ...state, paused }, messages: [{ type: 'pace', speed }] };
  }
  const speed = Math.min(SPEEDS.length - 1, Math.max(0, state.speed + action.by));
  const messages: ToEngine[] = state.paused ? [] : [{ type: 'pace', speed: SPEEDS[speed] ?? 1 }];
  return { state: { ...state, speed }, messages };
}

function scrollLog(state: UiState, action: Action, world: World): Change {
  if (action.do !== 'move') return only(state);
  const back = Math.min(Math.max(0, state.back - action.by), Math.max(0, world.events.length - 1));
  return only({ ...state, back });
}

function inTable(state: UiState, action: Action, world: World): Change {
  const { view } = screenOf(state.screen);
  if (view === undefined) return only(state);
  switch (action.do) {
    case 'move': {
      const rows = tableRows(view, world, state);
      const at = selectedIndex(view, rows, state) + action.by;
      const row = rows[Math.min(rows.length - 1, Math.max(0, at))];
      if (row === undefined) return only(state);
      const selected = { ...state.selected, [view.name]: keyOf(row.info) };
      return only({ ...state, selected });
    }
    case 'shift':
      return only({
        ...state,
        shift: Math.min(view.fields.length - 2, Math.max(0, state.shift + action.by)),
      });
    case 'sort': {
      const known = action.key === '' || view.fields.some(({ sort }) => sort === action.key);
      if (!known) return say(state, 'this screen has no such column');
      return only({ ...state, sort: { ...state.sort, [view.name]: action.key } });
    }
    case 'follow': {
      const followed = follow(state, world, selectedObject(state, world), action.to);
      return typeof followed === 'string' ? say(state, followed) : only(followed);
    }
    case 'expand':
      return expand(state, world);
    case 'open':
      return open(state, world);
    case 'qos':
      return openQos(state, world);
    case 'switch':
      return switchSelected(state, world);
    case 'rank':
      return openRank(state, world);
    case 'rescan':
      return rescan(state, world);
    default:
      return only(state);
  }
}

/** What Enter does with the selected row: parts where there are any, else what it is about. */
function open(state: UiState, world: World): Change {
  const { view } = screenOf(state.screen);
  const row = selectedObject(state, world);
  if (row?.scope === 'client') return openQos(state, world);
  if (view?.expand !== undefined) return expand(state, world);
  if (view?.scope !== 'path') return openQos(state, world);
  return row === undefined ? only(state) : openHistory(state, row);
}

/** Splits the selected row into its parts, or rolls it up again. */
function expand(state: UiState, world: World): Change {
  const { view } = screenOf(state.screen);
  if (view?.expand === undefined) return say(state, 'these rows have no parts to show');
  const row = selectedRow(view, world, state);
  if (row === undefined) return only(state);
  const info = row.depth === 0 ? row.info : parentOf(row.info, view.scope, world);
  if (info === undefined) return only(state);
  const key = keyOf(info);
  const expanded = new Set(state.expanded);
  if (!expanded.delete(key)) expanded.add(key);
  return only({ ...state, expanded, selected: { ...state.selected, [view.name]: key } });
}

function parentOf(child: EntityInfo, scope: string, world: World): EntityInfo | undefined {
  return world.frames.entities.parent(child, scope);
}
