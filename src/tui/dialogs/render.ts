/** Dialogs as rows for the box Ink draws around them. */

import type { Dialog, Form, Menu, MenuItem, UiState } from '../state.js';
import { plain, shorten, wrap } from '../text.js';
import type { Theme } from '../theme.js';
import { fieldsHeight, fieldsRows } from './fields.js';
import { historyHeight, historyRows } from './history.js';
import { menuItems } from './menu.js';

const LABEL_WIDTH = 30;
const NAME_WIDTH = 14;

export function dialogRows(
  ui: UiState,
  dialog: Dialog,
  width: number,
  height: number,
  theme: Theme,
): string[] {
  if (dialog.kind === 'fields') return fieldsRows(dialog, ui, width, height, theme);
  if (dialog.kind === 'menu') return menuRows(dialog, width, height, theme);
  if (dialog.kind === 'history') return historyRows(dialog, width, height, theme);
  return dialog.kind === 'form' ? formRows(dialog, width, theme) : [];
}

/** Rows a dialog would like to have in a box of this width. */
export function dialogHeight(dialog: Dialog, width: number): number {
  if (dialog.kind === 'menu') {
    const groups = new Set(dialog.items.map(({ group }) => group).filter((group) => group !== ''));
    return 1 + dialog.items.length + groups.size + detailRows(dialog, width);
  }
  if (dialog.kind === 'history') return historyHeight(dialog);
  if (dialog.kind === 'fields') return fieldsHeight(dialog);
  return dialog.kind === 'form' ? 3 + dialog.fields.length : 0;
}

/** What an entry is about may take so many rows of its own below the menu. */
const DETAIL_ROWS = 2;

function labelWidthOf(items: readonly MenuItem[], width: number): number {
  const longest = items.reduce((most, { label }) => Math.max(most, label.length), LABEL_WIDTH);
  return Math.min(longest, width - 4);
}

/** Rows for the words of the selected entry: none where all words fit beside the labels. */
function detailRows({ items }: Menu, width: number): number {
  const room = width - labelWidthOf(items, width) - 4;
  return items.some(({ detail }) => detail.length > room) ? DETAIL_ROWS : 0;
}

function menuRows(menu: Menu, width: number, height: number, theme: Theme): string[] {
  const items = menuItems(menu);
  const { pointer, more } = theme.glyph;
  const typed =
    menu.typed === '' ? '' : theme.paint('strong', ` containing "${plain(menu.typed)}"`);
  const title = theme.paint('title', plain(menu.title)) + typed;
  if (items.length === 0) return [title, theme.paint('dim', '  none')];
  const labelWidth = labelWidthOf(menu.items, width);
  const told = detailRows(menu, width);
  const rows: string[] = [];
  const places: number[] = [];
  const headings: number[] = [];
  let selectedRow = 0;
  let group = '';
  for (const [index, item] of items.entries()) {
    if (item.group !== group && item.group !== '') {
      headings.push(rows.length);
      rows.push(theme.paint('dim', plain(item.group)));
    }
    group = item.group;
    places.push(rows.length);
    const label = shorten(plain(item.label), labelWidth, more).padEnd(labelWidth);
    const detail = shorten(plain(item.detail), Math.max(0, width - labelWidth - 4), more);
    if (index === menu.index) {
      selectedRow = rows.length;
      rows.push(theme.paint('selected', `${pointer} ${label}  ${detail}`.padEnd(width)));
    } else {
      rows.push(`  ${label}  ${theme.paint('dim', detail)}`);
    }
  }
  const room = Math.max(1, height - 1 - told);
  const first = Math.max(0, Math.min(rows.length - room, selectedRow - Math.floor(room / 2)));
  const shown = rows.slice(first, first + room);
  // A group whose name is scrolled past has it in place of the first entry that is left.
  const heading = headings.findLast((row) => row <= first);
  const named = heading !== undefined && first < selectedRow;
  if (named) shown[0] = rows[heading] ?? '';
  const from = named ? first + 1 : first;
  const hidden = [
    [places.filter((row) => row < from).length, 'above'],
    [places.filter((row) => row >= first + room).length, 'below'],
  ] as const;
  const beyond = hidden.filter(([count]) => count > 0).map((parts) => parts.join(' '));
  const rest = beyond.length === 0 ? '' : theme.paint('dim', `  more: ${beyond.join(', ')}`);
  if (told === 0) return [title + rest, ...shown];
  const words = wrap(plain(items[menu.index]?.detail ?? ''), width - 2).slice(0, told);
  const filled = Array.from({ length: room - shown.length }, () => '');
  return [
    title + rest,
    ...shown,
    ...filled,
    ...words.map((line) => theme.paint('strong', `  ${line}`)),
  ];
}

function formRows(form: Form, width: number, theme: Theme): string[] {
  const { pointer, more } = theme.glyph;
  const rows = [theme.paint('title', shorten(plain(form.title), width, more))];
  let rest = '';
  for (const [index, { name, text, help, fresh }] of form.fields.entries()) {
    const current = index === form.index;
    const typed = lastPart(`${plain(text)}${current ? '_' : ''}`, width - NAME_WIDTH - 4, more);
    const value = typed.padEnd(NAME_WIDTH);
    const shown = current ? theme.paint(fresh ? 'selected' : 'strong', value) : value;
    const room = Math.max(0, width - NAME_WIDTH - value.length - 6);
    const words = shorten(plain(help), room, more);
    // What has no room beside the value has the row below the fields to itself.
    if (current && help.length > room) rest = shorten(plain(help), width - 2, more);
    rows.push(
      `${current ? pointer : ' '} ${plain(name).padEnd(NAME_WIDTH)} ${shown}  ${theme.paint('dim', words)}`,
    );
  }
  rows.push(
    rest === '' ? '' : theme.paint('dim', `  ${rest}`),
    form.problem === '' ? hint(form, theme) : theme.paint('bad', `! ${plain(form.problem)}`),
  );
  return rows;
}

/** The end of a text that is too long: what is being typed stays in sight. */
function lastPart(text: string, width: number, more: string): string {
  return text.length <= width ? text : more + text.slice(text.length + more.length - width);
}

function hint({ purpose, fields }: Form, theme: Theme): string {
  const first = fields.length === 0 ? 'nothing to set. ' : '';
  const verb = purpose.do === 'inject' ? 'injects' : 'confirms';
  return theme.paint('dim', `${first}Enter ${verb}, Esc goes back`);
}
