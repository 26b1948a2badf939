/** Keys about time and actions: rewind, branches, sessions, undo, again, goals. */
import type { EntityInfo } from '../../engine/core/meters.js';
import { saveForm } from '../dialogs/form.js';
import type { ToEngine } from '../engine.js';
import { clockOf } from '../events.js';
import type { Menu, MenuItem, Report, UiState } from '../state.js';
import { affinity } from '../targets.js';
import type { Change } from '../update.js';
import type { World } from '../world.js';
import { shownAt } from './marks.js';
import type { BranchInfo } from './messages.js';

/** Actions one can rewind to; more would be a long list to look through. */
const ACTIONS_MAX = 30;

export function timeKey(
  state: UiState,
  what: 'rewind' | 'compare' | 'save' | 'undo' | 'goals',
  world: World,
): Change {
  if (world.plan?.real) return say(state, 'this is a real machine: it cannot be run once more');
  if (what !== 'goals' && world.plan?.startsAt !== undefined) {
    return say(state, 'what is recorded cannot be run once more: [ ] { } ^ $ move through it');
  }
  if (what === 'compare' && world.progress !== undefined) {
    return say(state, `${world.progress.what}: wait, or press escape`);
  }
  switch (what) {
    case 'rewind':
      if (world.plan === undefined) return say(state, 'the engine has not started yet');
      return open(state, rewindMenu(world));
    case 'compare':
      return compareKey(state, world);
    case 'save':
      return open(state, saveForm(`${world.plan?.name ?? 'vmtop'}.session.yaml`));
    case 'undo':
      if (state.readOnly) return say(state, 'read only: nothing was done that could be undone');
      return { state, messages: [{ type: 'undo' }] };
    case 'goals':
      if (world.goals.length === 0) return say(state, 'this scenario has no goals');
      return open(state, report('goals'));
  }
}

/** A command about time; the screen goes back to what is now, and waits where that is wanted. */
export function sendAbout(state: UiState, message: ToEngine, pause: boolean): Change {
  const messages: ToEngine[] = pause ? [{ type: 'pace', speed: 0 }, message] : [message];
  const paused = pause || state.paused;
  return { state: { ...state, dialogs: [], paused }, messages };
}

/** Injects the last fault once more, with the same settings. */
export function injectAgain(
  state: UiState,
  world: World,
  selected: EntityInfo | undefined,
): Change {
  const { lastInject } = state;
  if (state.readOnly) return say(state, 'read only: faults are off');
  if (lastInject === undefined) return say(state, 'no fault has been injected yet: ! does');
  const fault = world.faults.find(({ name }) => name === lastInject.fault);
  const here = fault?.targets.find(
    (target) => affinity(target, fault.target, selected, world.frames.entities) === 2,
  );
  const command = { ...lastInject, target: here ?? lastInject.target };
  return {
    state: {
      ...state,
      lastInject: command,
      notice: `injecting ${command.fault} on ${command.target} again`,
    },
    messages: [{ type: 'command', command }],
  };
}

function say(state: UiState, notice: string): Change {
  return { state: { ...state, notice }, messages: [] };
}

function open(state: UiState, dialog: UiState['dialogs'][number]): Change {
  return { state: { ...state, dialogs: [...state.dialogs, dialog] }, messages: [] };
}

function report(about: Report['about']): Report {
  return { kind: 'report', about, scroll: 0 };
}

/** Instants worth going back to, then the branches that were left. */
function rewindMenu(world: World): Menu {
  const branches = world.branches?.branches ?? [];
  const current = branches.find(({ name }) => name === world.branches?.current);
  const group = 'Rewind, and try something else from there';
  const to = (label: string, detail: string, message: ToEngine): MenuItem => ({
    group,
    label,
    detail,
    choice: { do: 'send', message, pause: true },
  });
  const shown = shownAt(world);
  const items: MenuItem[] = [];
  if (world.lookAt !== undefined) {
    const detail = 'the moment that is shown';
    items.push(to(clockOf(shown), detail, { type: 'rewind', toNs: shown }));
  }
  const actions = current?.actions ?? [];
  for (const [index, { atNs, text }] of [...actions.entries()].reverse().slice(0, ACTIONS_MAX)) {
    items.push(to(clockOf(atNs), `before: ${text}`, { type: 'rewind', toNs: atNs, keep: index }));
  }
  items.push(to(clockOf(0), 'the start', { type: 'rewind', toNs: 0, keep: 0 }));
  const others = branches
    .filter(({ name }) => name !== current?.name)
    .map(
      (branch): MenuItem => ({
        group: 'Go on with another branch, where it was left',
        label: `branch ${branch.name}`,
        detail: branchWords(branch),
        choice: { do: 'send', message: { type: 'branch', name: branch.name }, pause: true },
      }),
    );
  return { kind: 'menu', title: 'Time', items: [...items, ...others], index: 0, typed: '' };
}

function branchWords({ parent, forkNs, endNs, actions }: BranchInfo): string {
  const from = parent === undefined ? '' : `left ${parent} at ${clockOf(forkNs ?? 0)}, `;
  const last = actions.at(-1);
  const did = last === undefined ? 'nothing done' : `${actions.length} done, last: ${last.text}`;
  return `${from}until ${clockOf(endNs)}, ${did}`;
}

function compareKey(state: UiState, world: World): Change {
  const others = (world.branches?.branches ?? []).filter(
    ({ name }) => name !== world.branches?.current,
  );
  const [first] = others;
  if (first === undefined) {
    return say(state, 'there is one branch only: ctrl+r rewinds and starts another');
  }
  if (others.length === 1) {
    return { state, messages: [{ type: 'compare', name: first.name }] };
  }
  const items = others.map(
    (branch): MenuItem => ({
      group: `Compare branch ${world.branches?.current} with`,
      label: `branch ${branch.name}`,
      detail: branchWords(branch),
      choice: { do: 'send', message: { type: 'compare', name: branch.name }, pause: false },
    }),
  );
  return open(state, { kind: 'menu', title: 'Compare', items, index: 0, typed: '' });
}
