import { InputError } from '../../core/errors.js';
import type { LogEntry } from '../../core/event-log.js';
import { formatDuration } from '../../core/units.js';
import type { Plan } from '../../plan/plan.js';
import { Simulation } from '../simulation.js';
import type { TrialKind } from './weather.js';

/**
 * Longest time from the last healing until every command has returned, ns: paths found dead are
 * looked at again after Disk.PathEvalTime, 300 s, and what then is retried has a minute.
 */
export const LIVENESS_NS = 360e9;
/** By then every path has been looked at again, and nothing may fail any more, ns. */
const RECOVERY_NS = 310e9;
/** Longest time for reading everything back from a system that is well, ns (model). */
const READ_BACK_NS = 60e9;
/** Samples, and with them checks of Little's law, while faults rage. */
const SAMPLES = 40;
/** Events a failed run shows. */
const EVENTS_KEPT = 25;
/** Layers it names that still wait for commands. */
const PLACES = 8;
/** First and longest stretch between two looks at what is still in flight, ns. */
const LOOK_NS = 1e6;
const LOOK_MAX_NS = 1e9;

/** One generated run, ready to go. */
export interface Trial {
  readonly seed: number;
  readonly kind: TrialKind;
  /** With its faults, all healed at `healNs`. */
  readonly plan: Plan;
  readonly healNs: number;
  /** Guests issue nothing more. */
  readonly stopNs: number;
}

export interface TrialResult {
  readonly seed: number;
  readonly kind: TrialKind;
  /** What went wrong; empty for a run that kept every promise. */
  readonly problems: readonly string[];
  readonly faults: number;
  readonly commands: number;
  readonly errors: number;
  readonly blocksRead: number;
  readonly blocksWritten: number;
  /** Wrong blocks seen: promised to be none, but where devices spoil data. */
  readonly violations: number;
  /** Times a data fault spoilt something. */
  readonly strikes: number;
  /** Reads of 4 KiB that met something spoilt. None can be noticed where there are none. */
  readonly spoiltReads: number;
  /** From the last healing until nothing was in flight, ns. */
  readonly settledNs: number;
  readonly digest: string;
  /** The last events, for runs that failed. */
  readonly events: readonly string[];
}

/**
 * Runs a trial: safety while faults rage, liveness once they are healed, then every block is read
 * back. What goes wrong is a line of the result, also when an assertion stops the run.
 */
export function runTrial(trial: Trial): TrialResult {
  const { seed, kind, plan } = trial;
  const course = new Course(trial);
  const problems: string[] = [];
  try {
    course.rage();
    course.settle();
    course.readBack();
    course.restore();
    problems.push(...course.verdict());
  } catch (error) {
    problems.push(`stopped: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  }
  const { simulation } = course;
  const { reads, writes, others, errors } = simulation.totals();
  const { blocksRead, blocksWritten, violations } = simulation.verified;
  return {
    seed,
    kind,
    problems,
    faults: plan.faults.length,
    commands: reads + writes + others,
    errors,
    blocksRead,
    blocksWritten,
    violations,
    strikes: simulation.spoilt.strikes,
    spoiltReads: simulation.spoilt.reads,
    settledNs: course.settledNs,
    digest: simulation.digest(),
    events: problems.length === 0 ? [] : course.lastEvents(),
  };
}

/** A failed promise, which ends the run. */
class Broken extends Error {
  constructor(message: string) {
    super(message);
    this.stack = message;
  }
}

class Course {
  readonly simulation: Simulation;
  settledNs = 0;
  private spoiltBefore = 0;
  private seenBefore = 0;

  constructor(private readonly trial: Trial) {
    this.simulation = new Simulation(trial.plan);
  }

  /** Until guests stop, a little after the last fault is healed; samples check Little's law. */
  rage(): void {
    const { simulation } = this;
    const { stopNs, healNs } = this.trial;
    for (let step = 1; step <= SAMPLES; step++) {
      simulation.runUntil(Math.floor((healNs * step) / SAMPLES));
      simulation.sample();
    }
    const active = simulation.activeFaults.map(({ fault, target }) => `${fault} of ${target}`);
    if (active.length > 0) throw new Broken(`not healed: ${active.join(', ')}`);
    simulation.runUntil(stopNs);
    simulation.stopJobs();
  }

  /** Until nothing is in flight; where commands may fail, until that can be no more. */
  settle(): void {
    const { simulation } = this;
    const { healNs, kind, plan } = this.trial;
    this.rest(healNs + LIVENESS_NS, 'after healing', () => this.wake());
    this.wake();
    this.settledNs = simulation.now - healNs;
    const recoveredNs = healNs + RECOVERY_NS;
    // A device that was lost comes back only when somebody looks for it.
    if (kind === 'loss') {
      for (const { name } of plan.hosts) simulation.command({ kind: 'rescan', host: name });
    }
    if (kind !== 'masked' && simulation.now < recoveredNs) simulation.runUntil(recoveredNs);
  }

  readBack(): void {
    const { simulation } = this;
    this.spoiltBefore = simulation.spoilt.reads;
    this.seenBefore = simulation.verified.violations;
    simulation.readBack();
    this.rest(simulation.now + READ_BACK_NS, 'while everything was read back');
    simulation.sample();
  }

  /** Machines that have backups go back to their last ones, and every block is read once more. */
  restore(): void {
    const { simulation } = this;
    const { backups, snapshots, plan } = simulation;
    const disks = plan.vms.flatMap(({ name, disks: own }) =>
      own.map(({ index }) => ({ vm: name, index })),
    );
    const kept = disks.filter(({ index }) => backups.backedUp.includes(index));
    const able = kept.filter(({ index }) => !snapshots.hasDeltas(index));
    if (able.length === 0) return;
    const vms = [...new Set(able.map(({ vm }) => vm))];
    for (const vm of vms) simulation.command({ kind: 'power', vm, state: 'off' });
    for (const { index } of able) {
      simulation.command({ kind: 'restore', disk: index });
      this.rest(simulation.now + READ_BACK_NS, 'while a backup was restored');
    }
    for (const vm of vms) simulation.command({ kind: 'power', vm, state: 'on' });
    simulation.readBack();
    this.rest(simulation.now + READ_BACK_NS, 'while what was restored was read back');
  }

  /** What the run promised and did not keep. */
  verdict(): string[] {
    const { simulation } = this;
    const { kind } = this.trial;
    const { errors, unsupported } = simulation.totals();
    const { violations, blocksUnsure } = simulation.verified;
    const { strikes, reads } = simulation.spoilt;
    const problems: string[] = [];
    if (strikes === 0) {
      problems.push(...simulation.violations.map(({ text }) => text), ...simulation.wrongClones);
      problems.push(...simulation.wrongBackups, ...this.leftSnapshots());
    } else if (reads - this.spoiltBefore > blocksUnsure && violations === this.seenBefore) {
      // A write that was lost and another one at the same time: the other's data is no mistake.
      const spoilt = reads - this.spoiltBefore;
      problems.push(`${spoilt} blocks that data faults had spoilt were read back unnoticed`);
    }
    if (kind === 'masked' && errors > unsupported) {
      problems.push(`guests saw ${errors - unsupported} errors, though no fault allows any`);
    }
    return problems;
  }

  lastEvents(): string[] {
    return this.simulation.log.entries.slice(-EVENTS_KEPT).map(formatEntry);
  }

  /** Snapshots of backups go with them. */
  private leftSnapshots(): string[] {
    const { plan, snapshots } = this.simulation;
    return plan.vms.flatMap(({ name: vm }) =>
      snapshots
        .list(vm)
        .filter(({ name }) => name.startsWith('backup-'))
        .map(({ name }) => `snapshot ${name} of ${vm} is left of a backup`),
    );
  }

  /** A machine may have been busy when it was to be powered on; those that run refuse to be. */
  private wake(): void {
    const { simulation } = this;
    for (const { name: vm } of simulation.plan.vms) {
      try {
        simulation.command({ kind: 'power', vm, state: 'on' });
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
    }
  }

  /** @param look done before each look */
  private rest(untilNs: number, when: string, look = (): void => {}): void {
    const { simulation } = this;
    let stretchNs = LOOK_NS;
    const isBusy = (): boolean =>
      simulation.inFlight > 0 ||
      simulation.rowsInFlight > 0 ||
      simulation.snapshots.isBusy ||
      simulation.backups.isBusy;
    while (isBusy() && simulation.now < untilNs) {
      look();
      simulation.runUntil(Math.min(untilNs, simulation.now + stretchNs));
      stretchNs = Math.min(LOOK_MAX_NS, stretchNs * 2);
    }
    if (!isBusy()) return;
    const { inFlight, rowsInFlight } = simulation;
    const where = simulation
      .whereabouts()
      .slice(0, PLACES)
      .map(({ layer, rows }) => `\n  ${rows} of ${layer}`);
    throw new Broken(
      `${inFlight} commands of guests (${rowsInFlight} rows) still in flight ${when}, at ${formatDuration(simulation.now)}${where.join('')}`,
    );
  }
}

function formatEntry({ at, kind, object, what, why }: LogEntry): string {
  return `${formatDuration(at)} ${kind} ${object}: ${what} (${why})`;
}
