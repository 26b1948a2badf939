/**
 * The keyboard as data: dispatcher, footer and help come from here, and a key bound twice in one
 * scope fails when this file is loaded. Letters esxtop uses mean the same here.
 */
import { views } from '../engine/views/index.js';
import type { Effect } from './copy.js';
import { screens } from './screens.js';

/** Where a key means something; the innermost scope is asked first. */
export type Scope =
  | 'menu'
  | 'form'
  | 'help'
  | 'history'
  | 'report'
  | 'fields'
  | 'device'
  | 'table'
  | 'events'
  | 'latency'
  | 'overview'
  | 'global';

export type Action =
  | { readonly do: 'quit' }
  | { readonly do: 'interrupt' }
  | { readonly do: 'help' }
  | { readonly do: 'screen'; readonly name: string }
  | { readonly do: 'next-screen'; readonly by: 1 | -1 }
  | { readonly do: 'pause' }
  | { readonly do: 'step'; readonly ns: number }
  | { readonly do: 'speed'; readonly by: 1 | -1 }
  | { readonly do: 'delay' }
  | { readonly do: 'faults' }
  | { readonly do: 'answer' }
  | { readonly do: 'redraw' }
  /** Shows an earlier or later moment: by a sample, by a minute, the start or now. */
  | { readonly do: 'look'; readonly by: 'sample' | 'minute' | 'end'; readonly way: 1 | -1 }
  | { readonly do: 'rewind' }
  | { readonly do: 'compare' }
  | { readonly do: 'save' }
  | { readonly do: 'undo' }
  | { readonly do: 'again' }
  | { readonly do: 'goals' }
  | { readonly do: 'theme' }
  | { readonly do: 'outside'; readonly effect: Effect }
  | { readonly do: 'move'; readonly by: number }
  | { readonly do: 'shift'; readonly by: 1 | -1 }
  | { readonly do: 'sort'; readonly key: string }
  /** Into the view's own parts, or those of a scope. */
  | { readonly do: 'expand'; readonly scope?: string }
  | { readonly do: 'open' }
  | { readonly do: 'qos' }
  | { readonly do: 'switch' }
  | { readonly do: 'rank' }
  | { readonly do: 'rescan' }
  | { readonly do: 'operations' }
  | { readonly do: 'name-length' }
  | { readonly do: 'friendly' }
  | { readonly do: 'fields'; readonly purpose: 'toggle' | 'order' }
  | { readonly do: 'save-settings' }
  | { readonly do: 'vsan' }
  | { readonly do: 'sort-step'; readonly by: 1 | -1 }
  | { readonly do: 'sort-turn' }
  | { readonly do: 'follow'; readonly to: 'disks' | 'guest' }
  | { readonly do: 'retrace' }
  | { readonly do: 'filter' }
  | { readonly do: 'clear' }
  | { readonly do: 'close' }
  | { readonly do: 'choose' };

export interface Binding {
  readonly scope: Scope;
  readonly keys: readonly string[];
  /** For the footer; empty to leave it out there. */
  readonly short: string;
  readonly help: string;
  readonly action: Action;
}

function bind(
  scope: Scope,
  keys: readonly string[],
  action: Action,
  help: string,
  short = '',
): Binding {
  return { scope, keys, short, help, action };
}

/** A number no list is longer than. */
export const FAR = 1_000_000;
const PAGE = 10;

const arrows = (scope: Scope, what: string, letters: boolean): Binding[] => [
  bind(scope, letters ? ['up', 'k', '8'] : ['up'], { do: 'move', by: -1 }, `${what} above`),
  bind(scope, letters ? ['down', 'j', '2'] : ['down'], { do: 'move', by: 1 }, `${what} below`),
];

const moves = (scope: Scope, what: string): Binding[] => [
  ...arrows(scope, what, true),
  bind(scope, ['pageup'], { do: 'move', by: -PAGE }, 'a page up'),
  bind(scope, ['pagedown'], { do: 'move', by: PAGE }, 'a page down'),
  bind(scope, ['home'], { do: 'move', by: -FAR }, 'first'),
  bind(scope, ['end'], { do: 'move', by: FAR }, 'last'),
];

const FOLLOW_HELP = 'follow the row down: VM, disk, file, datastore, device, path, adapter';

const sortKeys = [...new Set(views.flatMap(({ fields }) => fields.map(({ sort }) => sort)))].filter(
  (key) => key !== undefined,
);

const timeBindings: readonly Binding[] = [
  bind(
    'global',
    ['@'],
    { do: 'again' },
    'inject the last fault again, on the selected object if it fits',
  ),
  bind('global', ['z'], { do: 'undo' }, 'take the last action back', 'undo'),
  bind('global', ['['], { do: 'look', by: 'sample', way: -1 }, 'a sample back in time', 'past'),
  bind('global', [']'], { do: 'look', by: 'sample', way: 1 }, 'a sample forward'),
  bind('global', ['{'], { do: 'look', by: 'minute', way: -1 }, 'a minute back'),
  bind('global', ['}'], { do: 'look', by: 'minute', way: 1 }, 'a minute forward'),
  bind('global', ['^'], { do: 'look', by: 'end', way: -1 }, 'back to the start'),
  bind('global', ['$'], { do: 'look', by: 'end', way: 1 }, 'to what is now'),
  bind(
    'global',
    ['ctrl+r'],
    { do: 'rewind' },
    'rewind the engine, or go to another branch',
    'rewind',
  ),
  bind('global', ['B'], { do: 'compare' }, 'compare two branches'),
  bind('global', ['g'], { do: 'goals' }, 'goals of the drill and how they stand'),
  bind('global', ['ctrl+s'], { do: 'save' }, 'save the session'),
  bind('report', ['escape', 'q', 'enter', 'space', 'g', 'B'], { do: 'close' }, 'close'),
  ...moves('report', 'line'),
];

export const bindings: readonly Binding[] = [
  ...screens.map(({ key, name, title }) =>
    // Words become small, acronyms stay.
    bind(
      'global',
      [key],
      { do: 'screen', name },
      title.replace(/\b[A-Z][a-z]+\b/g, (word) => word.toLowerCase()),
    ),
  ),
  bind('global', ['tab'], { do: 'next-screen', by: 1 }, 'next screen'),
  bind('global', ['shift+tab'], { do: 'next-screen', by: -1 }, 'previous screen'),
  bind('global', ['!'], { do: 'faults' }, 'inject or heal a fault', 'faults'),
  bind('global', ['a'], { do: 'answer' }, 'answer the question of a stunned VM'),
  bind('global', ['space', 'p'], { do: 'pause' }, 'pause and resume', 'pause'),
  bind('global', ['.'], { do: 'step', ns: 100e6 }, 'pause and step 100 ms', 'step'),
  bind('global', [','], { do: 'step', ns: 1e6 }, 'pause and step 1 ms'),
  bind('global', ['+', '='], { do: 'speed', by: 1 }, 'faster', 'speed'),
  bind('global', ['-'], { do: 'speed', by: -1 }, 'slower'),
  bind('global', ['s'], { do: 'delay' }, 'seconds between updates', 'delay'),
  ...timeBindings,
  bind('global', ['x'], { do: 'vsan' }, 'the vSAN screen of esxtop (there is none here)'),
  bind('global', ['W'], { do: 'save-settings' }, 'save the settings of all screens'),
  bind('global', ['y'], { do: 'outside', effect: 'copy-row' }, 'copy the selected row'),
  bind('global', ['Y'], { do: 'outside', effect: 'copy-screen' }, 'copy the screen'),
  bind('global', ['ctrl+p'], { do: 'outside', effect: 'dump' }, 'write the screen to a file'),
  bind('global', ['ctrl+t'], { do: 'theme' }, 'next theme'),
  bind('global', ['ctrl+l'], { do: 'redraw' }, 'draw the screen anew'),
  bind('global', ['h', '?'], { do: 'help' }, 'this help', 'help'),
  bind('global', ['q'], { do: 'quit' }, 'quit', 'quit'),
  bind('global', ['ctrl+c'], { do: 'interrupt' }, 'quit with exit code 130'),
  ...moves('table', 'row'),
  bind('table', ['left'], { do: 'shift', by: -1 }, 'columns to the left'),
  bind('table', ['right'], { do: 'shift', by: 1 }, 'columns to the right'),
  bind('table', ['e'], { do: 'expand' }, 'expand or roll up the row'),
  bind('table', ['enter'], { do: 'open' }, 'expand; QoS of a disk, history of a path'),
  bind('table', [')'], { do: 'follow', to: 'disks' }, FOLLOW_HELP),
  bind('table', ['('], { do: 'follow', to: 'guest' }, 'follow the row the other way, to the guest'),
  bind('table', ['backspace'], { do: 'retrace' }, 'back to the row that was followed'),
  bind('table', ['i'], { do: 'qos' }, 'change limit, shares and reservation', 'QoS'),
  bind(
    'table',
    ['X'],
    { do: 'switch' },
    'path off or on; detach or attach a device; unmount or mount; cancel a backup',
    'switch',
  ),
  bind('table', ['K'], { do: 'rank' }, 'rank of a path: higher ones are used first', 'rank'),
  bind('table', ['H'], { do: 'rescan' }, 'rescan the host: probe all its paths again'),
  bind(
    'table',
    ['ctrl+o'],
    { do: 'operations' },
    'what may be done with a disk, a datastore, a device, a LUN or a VM',
    'do',
  ),
  bind(
    'table',
    ['/'],
    { do: 'filter' },
    'show only rows with a text, or kavg>2 and vm~web',
    'filter',
  ),
  bind('table', ['f'], { do: 'fields', purpose: 'toggle' }, 'field groups: show or hide', 'fields'),
  bind('table', ['o'], { do: 'fields', purpose: 'order' }, 'field groups: order'),
  bind('table', ['L'], { do: 'name-length' }, 'length of the name column'),
  bind('table', ['J'], { do: 'friendly' }, 'LUN and datastore names beside device ids'),
  bind('table', ['<'], { do: 'sort-step', by: -1 }, 'sort by the column to the left'),
  bind('table', ['>'], { do: 'sort-step', by: 1 }, 'sort by the column to the right'),
  bind('table', ['Z'], { do: 'sort-turn' }, 'sort the other way round'),
  bind('table', ['N'], { do: 'sort', key: '' }, 'sort by name'),
  ...sortKeys.map((key) => bind('table', [key], { do: 'sort', key }, sortHelp(key))),
  bind('table', ['escape'], { do: 'clear' }, 'all rows again'),
  ...moves('latency', 'object'),
  bind('latency', ['escape'], { do: 'clear' }, 'all virtual disks together'),
  bind('latency', ['backspace'], { do: 'retrace' }, 'back to the row it was opened from', 'back'),
  ...moves('events', 'line'),
  bind('events', ['/'], { do: 'filter' }, 'show only lines that contain a text', 'filter'),
  bind('events', ['escape'], { do: 'clear' }, 'all lines again'),
  ...arrows('menu', 'entry', false),
  bind('menu', ['home'], { do: 'move', by: -FAR }, 'first entry'),
  bind('menu', ['end'], { do: 'move', by: FAR }, 'last entry'),
  bind('menu', ['enter'], { do: 'choose' }, 'choose'),
  bind('menu', ['escape'], { do: 'close' }, 'back'),
  bind('form', ['up'], { do: 'move', by: -1 }, 'field above'),
  bind('form', ['down', 'tab'], { do: 'move', by: 1 }, 'field below'),
  bind('form', ['enter'], { do: 'choose' }, 'confirm'),
  bind('form', ['escape'], { do: 'close' }, 'back'),
  bind('help', ['escape', 'q', 'h', '?', 'enter', 'space'], { do: 'close' }, 'close'),
  ...moves('help', 'line'),
  bind('history', ['escape', 'q', 'enter'], { do: 'close' }, 'close'),
  ...moves('history', 'line'),
  bind('fields', ['escape', 'enter'], { do: 'close' }, 'back'),
  // In the devices' table these mean what they mean in esxtop; P is another screen elsewhere.
  bind('device', ['P'], { do: 'expand', scope: 'path' }, 'expand into paths, or roll up'),
  bind('device', ['t'], { do: 'expand', scope: 'volume' }, 'expand into partitions, or roll up'),
];

function sortHelp(key: string): string {
  const ids = views.flatMap(({ fields }) =>
    fields.filter(({ sort }) => sort === key).map(({ id }) => id),
  );
  return `sort by ${[...new Set(ids)].join(' or ')}`;
}

const index = new Map<string, Action>();
for (const { scope, keys, action } of bindings) {
  for (const key of keys) {
    const id = `${scope} ${key}`;
    if (index.has(id)) throw new Error(`key bound twice: ${id}`);
    index.set(id, action);
  }
}

export function lookup(key: string, scopes: readonly Scope[]): Action | undefined {
  for (const scope of scopes) {
    const action = index.get(`${scope} ${key}`);
    if (action !== undefined) return action;
  }
  return undefined;
}
