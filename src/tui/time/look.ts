/**
 * Keys that move through the past. The engine goes on; only what is shown is older. A recording has
 * all its samples at hand: there the engine itself goes to another one.
 */
import { type Action, FAR } from '../keymap.js';
import type { UiState } from '../state.js';
import type { Change } from '../update.js';
import type { World } from '../world.js';

const MINUTE = 60e9;
/** Samples of a recording. */
const SEEK = { sample: 1, minute: 10, end: FAR };

export function look(
  state: UiState,
  { by, way }: Extract<Action, { do: 'look' }>,
  world: World,
): Change {
  if (world.plan?.startsAt !== undefined) {
    return { state, messages: [{ type: 'seek', samples: way * SEEK[by] }] };
  }
  const { ends } = world.frames;
  const [first] = ends;
  const last = ends.at(-1);
  if (first === undefined || last === undefined) return say(state, 'there is no past yet');
  const now = state.lookAt ?? last;
  const to =
    by === 'sample' ? neighbour(ends, now, way) : by === 'minute' ? now + way * MINUTE : way * last;
  if (way > 0 && to >= last) {
    const notice = state.lookAt === undefined ? 'this is now' : '';
    return { state: { ...state, lookAt: undefined, notice }, messages: [] };
  }
  const lookAt = ends.findLast((end) => end <= to) ?? first;
  if (state.lookAt === lookAt) return say(state, 'nothing earlier is kept');
  return { state: { ...state, lookAt, back: 0 }, messages: [] };
}

/** End of the window before or after the one that is shown. */
function neighbour(ends: readonly number[], now: number, way: 1 | -1): number {
  const index = ends.findLastIndex((end) => end <= now);
  return ends[index + way] ?? (way > 0 ? Number.POSITIVE_INFINITY : 0);
}

function say(state: UiState, notice: string): Change {
  return { state: { ...state, notice }, messages: [] };
}
