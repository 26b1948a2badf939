import type { Qos } from './plan.js';

/**
 * What a person (or a script) may do to a running simulation. Commands are applied at a simulated
 * instant, between two calls of `runUntil`, so a recording of them replays exactly.
 */
export type Command =
  | {
      readonly kind: 'inject';
      readonly fault: string;
      /** Name of the target as entities show it. */
      readonly target: string;
      readonly params: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'heal'; readonly id: number }
  /** Changes the logical I/O scheduler's settings of one virtual disk. */
  | { readonly kind: 'qos'; readonly disk: number; readonly qos: Partial<Qos> }
  /** Answers the question of a stunned VM. */
  | { readonly kind: 'answer'; readonly vm: string; readonly answer: 'retry' | 'cancel' };
