import type { Command } from '../plan/commands.js';
import type { Plan } from '../plan/plan.js';
import { Simulation } from './simulation.js';

/** A command and the simulated instant at which it was applied: after all events of that instant. */
export interface TimedCommand {
  /** ns. */
  readonly atNs: number;
  readonly command: Command;
  /** It takes the last action that was not taken back yet back. */
  readonly undo?: true;
}

/**
 * A simulation that remembers its commands, and that applies recorded ones by itself when their time
 * comes: the same plan and the same recording give the same run, wherever `runUntil` stops.
 */
export class RecordedSimulation extends Simulation {
  private readonly applied: TimedCommand[] = [];
  /** Called around each command, recorded or new, so that what it changes can be noted. */
  around: ((timed: TimedCommand, apply: () => void) => void) | undefined;

  /** @param recorded in the order of their instants */
  constructor(
    plan: Plan,
    private recorded: readonly TimedCommand[] = [],
  ) {
    super(plan);
  }

  /** Commands so far, oldest first. */
  get commands(): readonly TimedCommand[] {
    return this.applied;
  }

  override runUntil(time: number): void {
    for (;;) {
      const next = this.recorded[this.applied.length];
      if (next === undefined || next.atNs > time) break;
      super.runUntil(next.atNs);
      this.carryOut(next);
    }
    super.runUntil(time);
  }

  /** Recorded commands that have not had their turn. */
  get ahead(): readonly TimedCommand[] {
    return this.recorded.slice(this.applied.length);
  }

  /** Applies a new command now; recorded ones that are still ahead will not come any more. */
  override command(command: Command, undo = false): void {
    this.recorded = [];
    this.carryOut({ atNs: this.now, command, ...(undo ? { undo } : {}) });
  }

  private carryOut(timed: TimedCommand): void {
    const apply = (): void => super.command(timed.command);
    if (this.around === undefined) apply();
    else this.around(timed, apply);
    // One that was refused has changed nothing and is not part of the recording.
    this.applied.push(timed);
  }
}
