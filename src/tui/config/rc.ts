/**
 * esxtop's own settings, `~/.esxtop60rc`: a line per panel, a letter per field group, capitals shown,
 * in the order of the columns; then the delay in seconds and the panel to start on, such as `5u`.
 * Esxtop reference, section 5.3.
 */
import { views } from '../../engine/views/index.js';
import { fieldGroups } from '../../engine/views/kit/field-groups.js';
import type { View } from '../../engine/views/kit/view.js';
import type { UiState } from '../state.js';
import type { ColumnChoice } from '../table/choice.js';

/** Which line is which screen; the lines of CPU, memory, network and others are passed over. */
const LINES: readonly (readonly [line: number, screen: string])[] = [
  [2, 'adapter'],
  [3, 'device'],
  [4, 'virtual-disk'],
];
const LINES_MIN = 6;
const PANELS: Readonly<Record<string, string>> = { d: 'adapter', u: 'device', v: 'virtual-disk' };
const LAST_LINE = /^(\d{1,4})([a-z])$/;

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

export function isRcFile(text: string): boolean {
  const lines = linesOf(text);
  const last = lines.pop() ?? '';
  return (
    lines.length >= LINES_MIN &&
    LAST_LINE.test(last) &&
    lines.every((line) => /^[A-Za-z]+$/.test(line))
  );
}

/** Letters of groups vmtop does not have say nothing; groups the line does not know stay as they are. */
export function readRcFile(text: string): Partial<UiState> {
  const lines = linesOf(text);
  const [, seconds, panel = ''] = LAST_LINE.exec(lines.at(-1) ?? '') ?? [];
  const columns: Record<string, ColumnChoice> = {};
  for (const [line, screen] of LINES) {
    const view = views.find(({ name }) => name === screen);
    if (view !== undefined) columns[screen] = choiceOf(view, lines[line] ?? '');
  }
  const screen = PANELS[panel];
  return {
    columns,
    delayMs: Math.max(1, Number(seconds)) * 1000,
    ...(screen === undefined ? {} : { screen }),
  };
}

function choiceOf(view: View, line: string): ColumnChoice {
  const [name] = view.fields;
  const columns: string[] = [];
  const hidden: string[] = [];
  for (const letter of line) {
    const group = fieldGroups(view).find((each) => each.letter === letter.toUpperCase());
    if (group === undefined) continue;
    if (letter === group.letter) columns.push(...group.fields);
    else hidden.push(...group.fields.filter((id) => id !== name?.id));
  }
  return { columns, hidden };
}
