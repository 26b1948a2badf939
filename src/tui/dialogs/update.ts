/** Keys while a dialog is open. */
import type { EntityInfo } from '../../engine/core/meters.js';
import type { Command } from '../engine.js';
import { filterProblem } from '../filter/compile.js';
import type { Action } from '../keymap.js';
import { typed } from '../keys.js';
import type { Dialog, Form, Menu, UiState } from '../state.js';
import { sendAbout } from '../time/keys.js';
import type { Change } from '../update.js';
import type { World } from '../world.js';
import { fieldsKey } from './fields.js';
import { injectForm, readForm, typedInto, typeInto } from './form.js';
import { scrollHistory } from './history.js';
import { menuItems, targetMenu } from './menu.js';
import { submitQos } from './qos-form.js';

export function dialogKey(
  state: UiState,
  key: string,
  action: Action | undefined,
  world: World,
  selected: EntityInfo | undefined,
): Change {
  const dialog = state.dialogs.at(-1);
  if (dialog === undefined) return { state, messages: [] };
  if (action?.do === 'close') return { state: pop(state), messages: [] };
  switch (dialog.kind) {
    case 'help':
      return only(state, {
        ...dialog,
        scroll: action?.do === 'move' ? Math.max(0, dialog.scroll + action.by) : dialog.scroll,
      });
    case 'report':
      return only(state, {
        ...dialog,
        scroll: action?.do === 'move' ? Math.max(0, dialog.scroll + action.by) : dialog.scroll,
      });
    case 'history':
      return only(state, action?.do === 'move' ? scrollHistory(dialog, action.by) : dialog);
    case 'menu':
      return menuKey(state, dialog, key, action, world, selected);
    case 'form':
      return formKey(state, dialog, key, action, world);
    case 'fields':
      return fieldsKey(state, dialog, key);
  }
}

/** Replaces the innermost dialog. */
function only(state: UiState, dialog: Dialog): Change {
  return { state: { ...state, dialogs: [...state.dialogs.slice(0, -1), dialog] }, messages: [] };
}

function push(state: UiState, dialog: Dialog): Change {
  return { state: { ...state, dialogs: [...state.dialogs, dialog] }, messages: [] };
}

function pop(state: UiState): UiState {
  return { ...state, dialogs: state.dialogs.slice(0, -1) };
}

/** Sends a command and says what it does; a refusal of the engine replaces that. */
export function send(state: UiState, command: Command, said: string): Change {
  return {
    state: { ...state, dialogs: [], notice: said },
    messages: [{ type: 'command', command }],
  };
}

function menuKey(
  state: UiState,
  menu: Menu,
  key: string,
  action: Action | undefined,
  world: World,
  selected: EntityInfo | undefined,
): Change {
  const items = menuItems(menu);
  const char = typed(key);
  // Letters narrow the list, so only the arrow keys move in it.
  if (char !== undefined) {
    return only(state, { ...menu, typed: menu.typed + char, index: 0 });
  }
  if (key === 'backspace')
    return only(state, { ...menu, typed: menu.typed.slice(0, -1), index: 0 });
  if (action?.do === 'move') {
    const index = Math.min(items.length - 1, Math.max(0, menu.index + action.by));
    return only(state, { ...menu, index: Math.max(0, index) });
  }
  const choice = action?.do === 'choose' ? items[menu.index]?.choice : undefined;
  switch (choice?.do) {
    case 'command':
      return send(state, choice.command, choice.said);
    case 'send':
      return sendAbout(state, choice.message, choice.pause);
    case 'target':
      if (choice.fault.targets.length === 0) {
        return {
          state: { ...state, notice: `there is no ${choice.fault.target} here` },
          messages: [],
        };
      }
      return push(state, targetMenu(choice.fault, world, selected));
    case 'ask':
      return push(state, choice.form);
    case 'close':
      return { state: pop(state), messages: [] };
    case 'params':
      return push(state, injectForm(choice.fault, choice.target));
    default:
      return { state, messages: [] };
  }
}

function formKey(
  state: UiState,
  form: Form,
  key: string,
  action: Action | undefined,
  world: World,
): Change {
  if (action?.do === 'choose') return submit(state, form, world);
  if (action?.do === 'move') {
    const count = Math.max(1, form.fields.length);
    return only(state, { ...form, index: (form.index + action.by + count) % count });
  }
  const char = typed(key);
  if (char === undefined && key !== 'backspace') return { state, messages: [] };
  return only(state, typeInto(form, char));
}

function submit(state: UiState, form: Form, world: World): Change {
  if (form.purpose.do === 'qos') return submitQos(state, form, form.purpose);
  const values = readForm(form);
  if (typeof values === 'string') return only(state, { ...form, problem: values });
  const { purpose } = form;
  switch (purpose.do) {
    case 'inject': {
      const { fault, target } = purpose;
      const command = { kind: 'inject', fault: fault.name, target, params: values } as const;
      const next = { ...state, lastInject: command };
      return send(next, command, `injecting ${fault.name} on ${target}`);
    }
    case 'command': {
      const made = purpose.make(typedInto(form, values));
      if (typeof made === 'string') return only(state, { ...form, problem: made });
      return send(state, made.command, made.said);
    }
    case 'save': {
      const file = form.fields[0]?.text.trim() ?? '';
      if (file === '') return only(state, { ...form, problem: 'a session needs a file' });
      return { state: pop(state), messages: [{ type: 'save', file }] };
    }
    case 'rank': {
      const { host, path, note } = purpose;
      const rank = values.rank ?? 0;
      return send(
        state,
        { kind: 'rank', host, path, rank },
        `rank of ${host} ${path} is ${rank}${note}`,
      );
    }
    case 'delay': {
      const delayMs = (values.delay ?? 0) / 1e6;
      return {
        state: { ...pop(state), delayMs },
        messages: [{ type: 'frame-interval', ms: delayMs }],
      };
    }
    case 'filter': {
      const text = form.fields[0]?.text ?? '';
      const problem = filterProblem(text, purpose.screen, world);
      if (problem !== undefined) return only(state, { ...form, problem });
      return { state: { ...pop(state), filter: text }, messages: [] };
    }
    case 'name-length':
      return { state: { ...pop(state), nameLength: values.length ?? 0 }, messages: [] };
    case 'save-settings':
      return { state: pop(state), messages: [], saveSettings: form.fields[0]?.text ?? '' };
  }
}
