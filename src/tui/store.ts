/** Holds the state for React and for the painter. */
import type { UiState } from './state.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Where what is shown comes from: it decides what its time can be asked for. */
export type Source = 'engine' | 'recording' | 'real';

/** What the frame Ink lays out depends on; numbers that tick are painted beside it. */
export interface Chrome {
  readonly ui: UiState;
  readonly size: Size;
  /** A drill tells a story: it gets rows of its own. */
  readonly story: boolean;
  /** The table has more rows than fit above charts of the usual height. */
  readonly crowded: boolean;
  readonly source: Source;
}

export class Store {
  private readonly listeners = new Set<() => void>();
  private current: Chrome;

  constructor(ui: UiState, size: Size) {
    this.current = { ui, size, story: false, crowded: false, source: 'engine' };
  }

  readonly get = (): Chrome => this.current;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get ui(): UiState {
    return this.current.ui;
  }

  /** Tells listeners only when something is different. */
  set(change: Partial<Chrome>): void {
    const next = { ...this.current, ...change };
    const { ui, size, story, crowded, source } = this.current;
    const isSame = next.story === story && next.crowded === crowded && next.source === source;
    if (next.ui === ui && next.size === size && isSame) return;
    this.current = next;
    for (const listener of this.listeners) listener();
  }
}
