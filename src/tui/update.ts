/** One key press: the new state, and what is said to the engine. */
import type { EntityInfo } from '../engine/core/meters.js';
import type { View } from '../engine/views/kit/view.js';
import type { Effect } from './copy.js';
import { openRank, rescan, switchSelected } from './dialogs/administer.js';
import { openFields } from './dialogs/fields.js';
import { delayForm, filterForm, nameLengthForm, settingsForm } from './dialogs/form.js';
import { openHistory } from './dialogs/history.js';
import { answerMenu, faultMenu } from './dialogs/menu.js';
import { openOperations } from './dialogs/operations/index.js';
import { openQos } from './dialogs/qos.js';
import { dialogKey } from './dialogs/update.js';
import type { ToEngine } from './engine.js';
import { type Action, lookup, type Scope } from './keymap.js';
import { THEMES } from './palettes.js';
import { EVENTS, LATENCY, OVERVIEW, screenOf, screens } from './screens.js';
import { SPEEDS, speedName, type UiState } from './state.js';
import { moveSubject, subjectOf } from './subject.js';
import { expansionKey, ownerOf, partsIn, rollUpKey } from './table/expand.js';
import { tableFields } from './table/layout.js';
import { selectedIndex, selectedRow, tableRows } from './table/rows.js';
import { sortOfKey, stepSort, turnSort } from './table/sort.js';
import { injectAgain, timeKey } from './time/keys.js';
import { look } from './time/look.js';
import { follow, retrace } from './trail.js';
import { keyOf, type World } from './world.js';

export interface Change {
  readonly state: UiState;
  readonly messages: readonly ToEngine[];
  /** The screen is to be written anew. */
  readonly redraw?: boolean;
  /** File the settings are to be saved to. */
  readonly saveSettings?: string;
  readonly effect?: Effect;
}

const INTERRUPTED = 130;
/** What can only be done to the engine as it is now. */
const CHANGES: ReadonlySet<Action['do']> = new Set<Action['do']>([
  'faults',
  'answer',
  'qos',
  'switch',
  'rank',
  'rescan',
  'operations',
  'undo',
  'again',
]);
/** Dialogs that take no text. */
const COVERS: ReadonlySet<string | undefined> = new Set(['help', 'report', 'history']);
/** The screen where P and t expand, as in esxtop. */
const DEVICES = 'device';

/** Scopes the keyboard acts in, innermost first. */
export function activeScopes(state: UiState): readonly Scope[] {
  const dialog = state.dialogs.at(-1);
  if (dialog !== undefined) return [dialog.kind];
  if (state.screen === OVERVIEW) return ['overview', 'global'];
  if (state.screen === LATENCY) return ['latency', 'global'];
  if (state.screen === EVENTS) return ['events', 'global'];
  return state.screen === DEVICES ? ['device', 'table', 'global'] : ['table', 'global'];
}

/** What a key does; who may only look changes nothing, whatever the key. */
export function press(state: UiState, key: string, world: World): Change {
  const change = pressed(state, key, world);
  const changes = change.messages.some(({ type }) => type === 'command');
  return state.readOnly && changes ? say(state, 'read only: nothing can be changed') : change;
}

function pressed(state: UiState, key: string, world: World): Change {
  const quiet = state.notice === '' ? state : { ...state, notice: '' };
  if (key === 'ctrl+c') return { state: { ...quiet, exitCode: INTERRUPTED }, messages: [] };
  if (key === 'ctrl+l') return { state: quiet, messages: [], redraw: true };
  if (key === 'escape' && world.progress !== undefined && quiet.dialogs.length === 0) {
    return { state: quiet, messages: [{ type: 'cancel' }] };
  }
  const action = lookup(key, activeScopes(quiet));
  if (quiet.dialogs.length > 0) {
    // Control keys are no text: those that open nothing mean the same in dialogs.
    const control = key.startsWith('ctrl+') ? lookup(key, ['global']) : undefined;
    if (control?.do === 'theme' || control?.do === 'outside') return act(quiet, control, world);
    // Text over a screen is left for another one by that one's key.
    const other =
      action === undefined && COVERS.has(quiet.dialogs[0]?.kind)
        ? lookup(key, ['global'])
        : undefined;
    if (other?.do === 'screen' || other?.do === 'next-screen') {
      return watching(quiet.screen, act({ ...quiet, dialogs: [] }, other, world));
    }
    return dialogKey(quiet, key, action, world, selectedObject(quiet, world));
  }
  if (action === undefined) return { state: quiet, messages: [] };
  return watching(quiet.screen, act(quiet, action, world));
}

/** Commands are followed while somebody looks where their time goes, and only then. */
export function watching(before: string, change: Change): Change {
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

/** Does what a key or a click means where no dialog is open. */
export function act(state: UiState, action: Action, world: World): Change {
  if (world.lookAt !== undefined && CHANGES.has(action.do)) {
    return say(state, 'this is the past: ctrl+r rewinds to it, $ goes back to what is now');
  }
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
      return only({
        ...state,
        dialogs: [filterForm(state.filter, state.screen, state.screen !== EVENTS)],
      });
    case 'clear':
      return only({ ...state, filter: '', back: 0, about: '', trail: [] });
    case 'save-settings':
      return only({ ...state, dialogs: [settingsForm(state.settingsFile)] });
    case 'vsan':
      return say(state, 'there is no vSAN here: D shows the datastores there are');
    case 'theme':
      return nextTheme(state);
    case 'outside':
      return { ...only(state), effect: action.effect };
    case 'faults':
      if (state.readOnly) return say(state, 'read only: faults are off');
      if (world.faults.length === 0) return say(state, 'the engine has not started yet');
      return only({ ...state, dialogs: [faultMenu(world)] });
    case 'look':
      return look(state, action, world);
    case 'rewind':
    case 'compare':
    case 'save':
    case 'undo':
    case 'goals':
      return timeKey(state, action.do, world);
    case 'again':
      return injectAgain(state, world, selectedObject(state, world));
    case 'answer':
      if (world.stunned.length === 0) return say(state, 'no virtual machine has a question');
      if (state.readOnly) return say(state, 'read only: questions cannot be answered');
      return only({ ...state, dialogs: [answerMenu(world)] });
    case 'retrace':
      return state.trail.length > 0
        ? only(retrace(state))
        : say(state, 'no row was followed to get here');
    default:
      if (state.screen === LATENCY && action.do === 'move') {
        return only({ ...state, about: moveSubject(state, world, action.by) });
      }
      return state.screen === EVENTS
        ? scrollLog(state, action, world)
        : inTable(state, action, world);
  }
}

function nextTheme(state: UiState): Change {
  const theme = THEMES[(THEMES.indexOf(state.theme) + 1) % THEMES.length] ?? state.theme;
  return say({ ...state, theme }, `theme: ${theme}`);
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
  if (world.plan?.real && action.do !== 'pause') {
    return say(state, 'this is a real machine: its time goes by itself');
  }
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
  if (speed === state.speed) return say(state, `it goes no ${action.by > 0 ? 'faster' : 'slower'}`);
  const next = { ...state, speed };
  // The first row says PAUSED in place of the speed.
  if (state.paused) return say(next, `${speedName(SPEEDS[speed] ?? 1)} when it goes on`);
  return { state: next, messages: [{ type: 'pace', speed: SPEEDS[speed] ?? 1 }] };
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
        shift: Math.min(
          tableFields(view, world, state).length - 2,
          Math.max(0, state.shift + action.by),
        ),
      });
    case 'sort': {
      const sort = action.key === '' ? '' : sortOfKey(view, action.key);
      if (sort === undefined)
        return say(state, `no column here is sorted by ${action.key}: < and > sort by any`);
      if (sort === (state.sort[view.name] ?? '')) {
        return say(state, `the rows are sorted by ${sort === '' ? 'name' : sort} already`);
      }
      return only({ ...state, sort: { ...state.sort, [view.name]: sort } });
    }
    case 'sort-step':
    case 'sort-turn': {
      const fields = tableFields(view, world, state);
      const now = state.sort[view.name] ?? '';
      const sort =
        action.do === 'sort-turn' ? turnSort(fields, now) : stepSort(fields, now, action.by);
      return only({ ...state, sort: { ...state.sort, [view.name]: sort } });
    }
    case 'fields':
      return openFields(state, action.purpose);
    case 'name-length':
      return only({ ...state, dialogs: [nameLengthForm(state.nameLength)] });
    case 'friendly':
      return say(
        { ...state, friendly: !state.friendly },
        `names of LUNs and datastores beside device ids: ${state.friendly ? 'off' : 'on'}`,
      );
    case 'follow': {
      const followed = follow(state, world, selectedObject(state, world), action.to);
      return typeof followed === 'string' ? say(state, followed) : only(followed);
    }
    case 'expand':
      return expand(state, world, action.scope);
    case 'open':
      return open(state, world);
    case 'qos':
      return openQos(state, world);
    case 'switch':
      return switchSelected(state, world);
    case 'rank':
      return openRank(state, world);
    case 'operations':
      return openOperations(state, world);
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

/** Rolls the rows of the selected row's owner up into one, or unfolds them again; esxtop's `e`. */
function rollUp(state: UiState, view: View, scope: string, world: World): Change {
  const row = selectedRow(view, world, state);
  if (row === undefined) return only(state);
  const owner = row.info.scope === scope ? row.info : row.parent(scope)?.info;
  if (owner === undefined) return say(state, `${row.name} has nothing to be rolled up into`);
  const expanded = new Set(state.expanded);
  const opened = expanded.delete(rollUpKey(owner));
  if (!opened) expanded.add(rollUpKey(owner));
  const [first] = world.frames.entities.children(owner, view.scope);
  const selected = { ...state.selected, [view.name]: keyOf(opened && first ? first : owner) };
  return only({ ...state, expanded, selected });
}

/** Splits the selected row into its parts, or rolls it up again. */
function expand(state: UiState, world: World, wanted?: string): Change {
  const { view } = screenOf(state.screen);
  if (view?.rollUp !== undefined) return rollUp(state, view, view.rollUp, world);
  const scope = wanted ?? view?.expand;
  if (view === undefined || scope === undefined) {
    return say(state, 'these rows have no parts to show');
  }
  const row = selectedRow(view, world, state);
  if (row === undefined) return only(state);
  const info = row.depth === 0 ? row.info : ownerOf(view, row, world);
  if (info === undefined) return only(state);
  const key = expansionKey(view, info, scope);
  const none = row.depth === 0 && partsIn(row, scope, world).length === 0;
  if (none) return say(state, `${row.name} has none`);
  const expanded = new Set(state.expanded);
  if (!expanded.delete(key)) expanded.add(key);
  return only({ ...state, expanded, selected: { ...state.selected, [view.name]: keyOf(info) } });
}
