/** What screen and engine say to each other about time: rewinding, branches, sessions, goals. */
import type { LogEntry } from '../../engine/core/event-log.js';
import type { Comparison } from '../../output/compare.js';
import type { Goal } from '../../output/goals.js';
import type { Score } from '../../output/score.js';

export type { Comparison, Goal, Score };

export type ToTimeline =
  /** Starts a branch at an earlier instant. */
  | {
      readonly type: 'rewind';
      readonly toNs: number;
      /** How many of the commands stay; without it all up to that instant. */
      readonly keep?: number;
    }
  /** Goes to the end of another branch. */
  | { readonly type: 'branch'; readonly name: string }
  /** Compares another branch with this one, from where they part. */
  | { readonly type: 'compare'; readonly name: string }
  /** Gives up what is under way. */
  | { readonly type: 'cancel' }
  | { readonly type: 'undo' }
  | { readonly type: 'save'; readonly file: string };

export interface ActionInfo {
  readonly atNs: number;
  readonly text: string;
}

export interface BranchInfo {
  readonly name: string;
  readonly parent: string | undefined;
  readonly forkNs: number | undefined;
  readonly endNs: number;
  readonly actions: readonly ActionInfo[];
}

export interface BranchesMessage {
  readonly type: 'branches';
  readonly current: string;
  readonly branches: readonly BranchInfo[];
}

export type FromTimeline =
  | BranchesMessage
  /** How much is done, 0 to 1, of what keeps the engine busy; 1 is the end of it. */
  | { readonly type: 'progress'; readonly what: string; readonly part: number }
  /** The engine stands at an earlier instant; its whole event log, as far as it is kept. */
  | { readonly type: 'rewound'; readonly atNs: number; readonly entries: readonly LogEntry[] }
  | { readonly type: 'comparison'; readonly comparison: Comparison }
  /** How the goals stand; the score once it is over. */
  | { readonly type: 'drill'; readonly goals: readonly Goal[]; readonly score: Score | null }
  /** Answer to a key. */
  | { readonly type: 'said'; readonly text: string }
  | { readonly type: 'saved'; readonly file: string };
