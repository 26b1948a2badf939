/** The state of a path as a word. */
import type { Cell } from './format.js';
import type { Row } from './row.js';
import type { Level } from './view.js';

/** In the order of the `state` gauge; a dead path is in capitals so that colour is not needed. */
const STATES = ['active', 'active unopt', 'standby', 'DEAD', 'off', 'UNAVAILABLE'];

export function pathState(row: Row): string {
  const state = row.now('state');
  return row.now('degraded') > 0 && state <= 1 ? 'DEGRADED' : (STATES[state] ?? '');
}

export function pathStateLevel(value: Cell): Level {
  if (value === 'DEAD' || value === 'UNAVAILABLE') return 2;
  return value === 'off' || value === 'DEGRADED' ? 1 : 0;
}
