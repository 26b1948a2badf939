/** Catalogue of drawings. A screen without one here is the table of its view. */

import { screenOf } from '../screens.js';
import { renderTable } from '../table/render.js';
import { trailRow } from '../trail.js';
import { events } from './events.js';
import type { Panel, PanelContext } from './kit/panel.js';
import { latency } from './latency.js';
import { overview } from './overview.js';

export const panels: readonly Panel[] = [overview, latency, events];

/** The current screen as rows. */
export function renderScreen(context: PanelContext, width: number, height: number): string[] {
  const { world, ui, theme } = context;
  const panel = panels.find(({ name }) => name === ui.screen);
  if (panel !== undefined) return panel.render(context, width, height);
  const { view } = screenOf(ui.screen);
  if (view === undefined) return [];
  if (ui.trail.length === 0) return renderTable(view, world, ui, width, height, theme);
  const table = renderTable(view, world, ui, width, height - 1, theme);
  return [trailRow(ui, width, theme), ...table];
}
