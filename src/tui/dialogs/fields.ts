/** esxtop's field screens: letters show and hide groups of columns, or move them. */
import type { FieldGroup, View } from '../../engine/views/kit/view.js';
import { typed } from '../keys.js';
import { screenOf } from '../screens.js';
import type { FieldsDialog, UiState } from '../state.js';
import {
  groupOrder,
  groupShown,
  moveGroup,
  NO_CHOICE,
  type Shown,
  toggleGroup,
} from '../table/choice.js';
import { beside, plain, shorten } from '../text.js';
import type { Theme } from '../theme.js';
import type { Change } from '../update.js';

/** Two columns of groups on screens this wide: a list for 24 rows has room for all of them. */
const TWO_COLUMNS = 70;
const GAP = 2;
const MARKS: Readonly<Record<Shown, string>> = { on: '*', room: '.', off: ' ' };

export function openFields(state: UiState, purpose: FieldsDialog['purpose']): Change {
  const dialog: FieldsDialog = { kind: 'fields', screen: state.screen, purpose };
  return { state: { ...state, dialogs: [dialog] }, messages: [] };
}

/** A letter acts; as in esxtop any other key returns. */
export function fieldsKey(state: UiState, { screen, purpose }: FieldsDialog, key: string): Change {
  const { view } = screenOf(screen);
  const char = typed(key) ?? '';
  const group = view && groupOrder(view).find(({ letter }) => letter === char.toUpperCase());
  if (view === undefined || !/^[A-Za-z]$/.test(char)) {
    return { state: { ...state, dialogs: state.dialogs.slice(0, -1) }, messages: [] };
  }
  if (group === undefined)
    return { state: { ...state, notice: `no field group ${char}` }, messages: [] };
  const before = state.columns[view.name];
  const left = char === char.toUpperCase();
  const choice =
    purpose === 'toggle'
      ? toggleGroup(view, group, before)
      : moveGroup(view, group, left ? -1 : 1, before);
  return {
    state: { ...state, columns: { ...state.columns, [view.name]: choice } },
    messages: [],
  };
}

export function fieldsHeight({ screen }: FieldsDialog): number {
  const { view } = screenOf(screen);
  return view === undefined ? 0 : HEAD_ROWS + Math.ceil(groupOrder(view).length / 2);
}

const HEAD_ROWS = 2;

export function fieldsRows(
  { screen, purpose }: FieldsDialog,
  ui: UiState,
  width: number,
  height: number,
  theme: Theme,
): string[] {
  const { view } = screenOf(screen);
  if (view === undefined) return [];
  const choice = ui.columns[view.name] ?? NO_CHOICE;
  const groups = groupOrder(view, choice);
  const each = width < TWO_COLUMNS ? width : Math.floor((width - GAP) / 2);
  const lines = groups.map((group) => groupRow(group, groupShown(group, choice), each, theme));
  const half = width < TWO_COLUMNS ? lines.length : Math.ceil(lines.length / 2);
  const blocks = [lines.slice(0, half), lines.slice(half)]
    .filter((rows) => rows.length > 0)
    .map((rows) => ({ rows, width: each }));
  const what =
    purpose === 'toggle'
      ? 'letters show and hide; * shown, . where there is room'
      : 'capitals move groups left, small letters right';
  return [
    `${theme.paint('title', `Fields of ${view.title}`)} ${theme.paint('strong', orderOf(view, ui))}`,
    ...beside(blocks, Math.min(half, Math.max(1, height - HEAD_ROWS)), GAP),
    theme.paint('dim', shorten(`${what}; other keys return`, width, theme.glyph.more)),
  ];
}

function groupRow({ letter, name }: FieldGroup, shown: Shown, width: number, theme: Theme): string {
  const text = shorten(plain(name), Math.max(0, width - 6), theme.glyph.more);
  return `${MARKS[shown]} ${theme.paint('accent', letter)}: ${shown === 'off' ? theme.paint('dim', text) : text}`;
}

/** The groups as a line of esxtop's rc file: capitals are shown, the order is that of the columns. */
export function orderOf(view: View, ui: UiState): string {
  const choice = ui.columns[view.name] ?? NO_CHOICE;
  return groupOrder(view, choice)
    .map((group) => {
      const { letter } = group;
      return groupShown(group, choice) === 'on' ? letter : letter.toLowerCase();
    })
    .join('');
}
