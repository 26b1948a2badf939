/** What the screen does on its own when the engine has something to say about time. */
import type { FromEngine } from '../engine.js';
import type { Report, UiState } from '../state.js';
import type { World } from '../world.js';

/** The same state when nothing is to be done. */
export function followTime(state: UiState, message: FromEngine, world: World): UiState {
  switch (message.type) {
    case 'rewound':
      return { ...state, lookAt: undefined, back: 0 };
    case 'comparison':
      return opened(state, 'comparison');
    case 'drill':
      // The score is what a drill ends with; it waits for whoever is in the middle of something.
      if (message.score === null || state.dialogs.length > 0 || !world.plan?.drill) return state;
      return opened(state, 'goals');
    default:
      return state;
  }
}

function opened(state: UiState, about: Report['about']): UiState {
  const report: Report = { kind: 'report', about, scroll: 0 };
  const others = state.dialogs.filter(({ kind }) => kind !== 'report');
  return { ...state, dialogs: [...others, report] };
}
