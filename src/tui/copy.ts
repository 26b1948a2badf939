/** What is on the screen, for the clipboard and for a file. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatCell } from '../engine/views/kit/format.js';
import { viewFields } from '../engine/views/kit/view.js';
import type { Painter, Screen } from './painter.js';
import { screenOf } from './screens.js';
import type { UiState } from './state.js';
import { selectedRow } from './table/rows.js';
import { plain } from './text.js';
import type { World } from './world.js';

/** What a key asks of the world outside the dashboard. */
export type Effect = 'copy-row' | 'copy-screen' | 'dump';

/** What is shown, and where. */
interface Shown {
  readonly world: World;
  readonly painter: Painter;
}

/** Wide enough for any number in full. */
const WIDE = 40;
const FILES_MAX = 1_000;

/** Puts text on the clipboard of the terminal's own machine (xterm control sequences, OSC 52). */
export function toClipboard(text: string): string {
  return `\u001B]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`;
}

/**
 * All columns of the selected row, shown or not, as two lines with tabs between the cells: titles and
 * values. Undefined where no row is selected.
 */
export function rowText(state: UiState, world: World): string | undefined {
  const { view } = screenOf(state.screen);
  const row = view === undefined ? undefined : selectedRow(view, world, state);
  if (view === undefined || row === undefined) return undefined;
  const fields = viewFields(view, world.frames.entities);
  const cells = fields.map(({ format, value }) => plain(formatCell(format, value(row), WIDE)));
  return `${fields.map(({ id }) => id).join('\t')}\n${cells.join('\t')}\n`;
}

/**
 * Writes the screen to a new file in the current folder, `vmtop-device-1.txt`; its path.
 * @throws Error of the file system
 */
export function dumpScreen(name: string, text: string, folder = '.'): string {
  for (let number = 1; ; number++) {
    const file = resolve(folder, `vmtop-${name}-${number}.txt`);
    try {
      writeFileSync(file, text, { flag: 'wx' });
      return file;
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EEXIST';
      if (!taken || number === FILES_MAX) throw error;
    }
  }
}

/**
 * Does what reaches outside the dashboard; what to say of it.
 * @param folder where screens are written; default the current one
 */
export function reachOut(
  effect: Effect,
  state: UiState,
  { world, painter }: Shown,
  terminal: Screen,
  folder?: string,
): string {
  if (effect === 'dump') {
    try {
      return `the screen is in ${dumpScreen(state.screen, painter.text(), folder)}`;
    } catch (error) {
      return `the screen cannot be written: ${(error as Error).message}`;
    }
  }
  const text = effect === 'copy-row' ? rowText(state, world) : painter.text();
  if (text === undefined) return 'no row is selected here; Y copies the screen';
  terminal.write(toClipboard(text));
  return effect === 'copy-row' ? 'the row is copied' : 'the screen is copied';
}
