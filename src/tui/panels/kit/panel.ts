import type { UiState } from '../../state.js';
import type { Theme } from '../../theme.js';
import type { World } from '../../world.js';

export interface PanelContext {
  readonly world: World;
  readonly ui: UiState;
  readonly theme: Theme;
}

/** A drawing: rows of the screen from what is known, no state, no terminal. */
export interface Panel {
  readonly name: string;
  render(context: PanelContext, width: number, height: number): string[];
}

export function definePanel(panel: Panel): Panel {
  return panel;
}
