/** What the worker's server can run: simulations, and what was recorded elsewhere. */
import type { LogEntry } from '../engine/core/event-log.js';
import type { EntityInfo, Sample } from '../engine/core/meters.js';
import type { TimedCommand } from '../engine/simulation/recorded-simulation.js';
import type { SavedSession } from '../scenario/session/file.js';
import type { ActiveFault, Command, FaultInfo, PathEvent, PlanSummary } from './engine.js';
import type { Goal, Score } from './time/messages.js';

/** What the screen needs of a simulation. */
export interface Machine {
  readonly plan: PlanSummary;
  readonly entities: readonly EntityInfo[];
  readonly faults: readonly FaultInfo[];
  /** Simulated time, ns. */
  readonly now: number;
  /** Guest I/Os completed since the start. */
  readonly completed: number;
  /** The scenario has come to its end. */
  readonly over: boolean;
  runUntil(ns: number): void;
  /** Recordings only: goes on or, below zero, back by so many samples, as far as there are any. */
  seek?(samples: number): void;
  sample(): Sample;
  command(command: Command): void;
  activeFaults(): readonly ActiveFault[];
  /** @throws InputError when there is no such path */
  pathHistory(host: string, path: string): readonly PathEvent[];
  /** Entries written since the last call. */
  takeEvents(): readonly LogEntry[];
  /** Follows commands through the stack, or no longer; changes no result. */
  setBreakdown?(on: boolean): void;
  /** How the goals stand; undefined without goals. */
  drill?(): { readonly goals: readonly Goal[]; readonly score: Score | null } | undefined;
}

/** A machine whose run can be made once more: simulations, and not what was recorded elsewhere. */
export interface RepeatableMachine extends Machine {
  /** What it was made from. */
  readonly origin: Omit<SavedSession, 'branches' | 'current'>;
  /** A session it is to go on with. */
  readonly saved?: SavedSession | undefined;
  /** Commands so far, and recorded ones still to come. */
  readonly commands: readonly TimedCommand[];
  readonly ahead: readonly TimedCommand[];
  digest(): string;
  /** The same system at its start; these commands will come at their instants. */
  again(commands: readonly TimedCommand[]): RepeatableMachine;
  /** Takes the last action back; in words. @throws InputError when there is none */
  undo(): string;
}

export function isRepeatable(machine: Machine): machine is RepeatableMachine {
  return 'again' in machine;
}
