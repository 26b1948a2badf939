import { eventRows, foldEvents, type ShownEntry } from '../events.js';
import { plain } from '../text.js';
import type { Theme } from '../theme.js';
import { definePanel } from './kit/panel.js';

/** The latest entries that fit as a whole; at least the beginning of the last one. */
function lastRows(
  entries: readonly ShownEntry[],
  width: number,
  room: number,
  theme: Theme,
): string[] {
  let rows: string[] = [];
  for (const entry of entries.toReversed()) {
    const more = [...eventRows(entry, width, theme), ...rows];
    if (more.length > room) return rows.length > 0 ? rows : more.slice(0, room);
    rows = more;
  }
  return rows;
}

/** The event log, newest at the bottom. */
export const events = definePanel({
  name: 'events',
  render({ world, ui, theme }, width, height) {
    const filter = ui.filter.toLowerCase();
    const found = foldEvents(
      world.events.filter(
        ({ kind, object, what, why }) =>
          filter === '' || `${kind} ${object} ${what} ${why}`.toLowerCase().includes(filter),
      ),
    );
    const back = Math.min(ui.back, Math.max(0, found.length - 1));
    const end = found.length - back;
    const shown = lastRows(
      found.slice(Math.max(0, end - (height - 1)), end),
      width,
      height - 1,
      theme,
    );
    const nothing = filter === '' ? 'nothing has happened yet' : 'no line matches';
    const parts = [`${found.length} ${found.length === 1 ? 'line' : 'lines'}`];
    if (back > 0) parts.push(`${back} newer below`);
    if (filter !== '') parts.push(`containing "${plain(ui.filter)}"`);
    return [
      `${theme.paint('title', 'Events')} ${theme.paint('dim', parts.join(', '))}`,
      ...shown,
      ...(found.length === 0 ? [theme.paint('dim', `  ${nothing}`)] : []),
    ];
  },
});
