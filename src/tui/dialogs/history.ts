/** What happened to one path: asked for when opened and again with every frame. */
import type { EntityInfo } from '../../engine/core/meters.js';
import type { PathHistoryMessage, ToEngine } from '../engine.js';
import { pathEventRow } from '../events.js';
import type { Dialog, History, UiState } from '../state.js';
import { plain, shorten } from '../text.js';
import type { Theme } from '../theme.js';
import type { Change } from '../update.js';

export function openHistory(state: UiState, { name, labels }: EntityInfo): Change {
  const host = labels.host ?? '';
  const dialog: History = { kind: 'history', host, path: name, entries: undefined, back: 0 };
  return { state: { ...state, dialogs: [dialog] }, messages: questionsOf(dialog) };
}

/** What a dialog wants to know anew with every frame. */
export function questionsOf(dialog: Dialog | undefined): ToEngine[] {
  if (dialog?.kind !== 'history') return [];
  return [{ type: 'path-history', host: dialog.host, path: dialog.path }];
}

/** The same state when the answer says nothing new, or comes after its dialog has gone. */
export function hearHistory(state: UiState, { host, path, entries }: PathHistoryMessage): UiState {
  const dialog = state.dialogs.at(-1);
  if (dialog?.kind !== 'history' || dialog.host !== host || dialog.path !== path) return state;
  if (JSON.stringify(dialog.entries) === JSON.stringify(entries)) return state;
  return { ...state, dialogs: [...state.dialogs.slice(0, -1), { ...dialog, entries }] };
}

export function scrollHistory(dialog: History, by: number): History {
  const most = Math.max(0, (dialog.entries?.length ?? 0) - 1);
  return { ...dialog, back: Math.min(most, Math.max(0, dialog.back - by)) };
}

export function historyHeight({ entries }: History): number {
  return 1 + Math.max(1, entries?.length ?? 0);
}

/** Newest at the bottom, as in the event log. */
export function historyRows(
  dialog: History,
  width: number,
  height: number,
  theme: Theme,
): string[] {
  const { host, path, entries, back } = dialog;
  const title = shorten(plain(`History of ${host}/${path}`), width, theme.glyph.more);
  if (entries === undefined || entries.length === 0) {
    const nothing = entries === undefined ? 'asking the engine' : 'nothing has happened yet';
    return [theme.paint('title', title), theme.paint('dim', `  ${nothing}`)];
  }
  const end = entries.length - Math.min(back, entries.length - 1);
  const newer = entries.length - end;
  return [
    `${theme.paint('title', title)}${theme.paint('dim', newer > 0 ? ` ${newer} newer below` : '')}`,
    ...entries
      .slice(Math.max(0, end - Math.max(1, height - 1)), end)
      .map((entry) => pathEventRow(entry, width, theme)),
  ];
}
