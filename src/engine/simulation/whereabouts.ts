import { ROUTE_SCALE, ROW_STRIDE } from '../core/requests.js';
import type { Sim } from '../core/sim.js';

/** Rows in use by the layer that sent them down last, the fullest first. */
export function whereaboutsOf({ requests, layers }: Sim): { layer: string; rows: number }[] {
  const rows = new Map<string, number>();
  for (let io = 0; io < requests.handleLimit; io += ROW_STRIDE) {
    if (!requests.live(io)) continue;
    const depth = requests.depth[io];
    const layer = depth === 0 ? 'no layer' : layers[requests.route[io * ROUTE_SCALE + depth - 1]];
    const name = typeof layer === 'string' ? layer : layer.name;
    rows.set(name, (rows.get(name) ?? 0) + 1);
  }
  return [...rows]
    .map(([layer, count]) => ({ layer, rows: count }))
    .sort((a, b) => b.rows - a.rows);
}
