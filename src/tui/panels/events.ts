import { eventRow } from '../events.js';
import { plain } from '../text.js';
import { definePanel } from './kit/panel.js';

/** The event log, newest at the bottom. */
export const events = definePanel({
  name: 'events',
  render({ world, ui, theme }, width, height) {
    const filter = ui.filter.toLowerCase();
    const found = world.events.filter(
      ({ kind, object, what, why }) =>
        filter === '' || `${kind} ${object} ${what} ${why}`.toLowerCase().includes(filter),
    );
    const back = Math.min(ui.back, Math.max(0, found.length - 1));
    const end = found.length - back;
    const shown = found.slice(Math.max(0, end - (height - 1)), end);
    const nothing = filter === '' ? 'nothing has happened yet' : 'no line matches';
    const parts = [`${found.length} ${found.length === 1 ? 'line' : 'lines'}`];
    if (back > 0) parts.push(`${back} newer below`);
    if (filter !== '') parts.push(`containing "${plain(ui.filter)}"`);
    return [
      `${theme.paint('title', 'Events')} ${theme.paint('dim', parts.join(', '))}`,
      ...shown.map((entry) => eventRow(entry, width, theme)),
      ...(found.length === 0 ? [theme.paint('dim', `  ${nothing}`)] : []),
    ];
  },
});
