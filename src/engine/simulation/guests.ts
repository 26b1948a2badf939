import { InputError } from '../core/errors.js';
import type { Sim } from '../core/sim.js';
import type { ChangePlan, JobPlan, Pace, Plan, ReplayPlan } from '../plan/plan.js';
import { arrivalsPerSecond } from '../workloads/arrivals.js';
import type { Guest } from '../workloads/guest.js';
import { SyntheticJob } from '../workloads/job.js';
import { TraceReplay } from '../workloads/replay.js';
import { GuestTotals } from '../workloads/totals.js';
import type { Verifier } from '../workloads/verifier.js';
import { VerifyingJob } from '../workloads/verifying-job.js';
import type { BuiltDisk } from './build-vms.js';
import type { Witness } from './snapshots/snapshot.js';

/** Commands asked for, issued to the disk, and waiting in the guest for a row. */
const JOB_FIELDS = ['asked', 'issued', 'waiting'];

/** The part of the request table that open loops may fill together, each by its rate (model). */
const OPEN_PART = 0.5;

/** Highest arrivals per second an open loop will have; 0 for a closed one. */
function peakOf(plan: JobPlan, changes: readonly ChangePlan[]): number {
  let peak = arrivalsPerSecond(plan);
  for (const { command } of changes) {
    if (command.kind !== 'pace' || command.job !== plan.name) continue;
    peak = Math.max(peak, command.pace.rateIops ?? 0);
  }
  return peak;
}

/** The guests of a run: what they issue, and what they saw completed. */
export class Guests {
  private readonly parts: GuestTotals[] = [];
  private readonly guests: Guest[] = [];
  private readonly replays: TraceReplay[] = [];
  /** Those of the plan, by name. */
  private readonly jobs = new Map<string, SyntheticJob>();
  private readonly verifying: VerifyingJob[] = [];

  constructor(
    private readonly sim: Sim,
    private readonly disks: ReadonlyMap<number, BuiltDisk>,
  ) {}

  /** Makes and arms every guest of the plan. */
  startAll({ jobs, replays, changes }: Pick<Plan, 'jobs' | 'replays' | 'changes'>): void {
    const peaks = jobs.map((plan) => peakOf(plan, changes));
    const arrivals = peaks.reduce((sum, peak) => sum + peak, 0);
    const rows = this.sim.requests.capacity * OPEN_PART;
    for (const [index, plan] of jobs.entries()) {
      const part = peaks[index] / arrivals;
      const job = this.startJob(plan, part > 0 ? Math.ceil(rows * part) : undefined);
      this.jobs.set(plan.name, job);
      this.measure(plan, job);
    }
    for (const plan of replays) this.startReplay(plan);
  }

  /** A job that starts now or at its own time; also for faults that make load. */
  startJob(plan: JobPlan, inFlightMax?: number): SyntheticJob {
    const { vm, front } = this.disk(plan.disk);
    const options = {
      plan,
      machine: vm,
      world: vm.world,
      disk: plan.disk,
      capacityBlocks: front.sizeBlocks,
      totals: this.newTotals(),
      ...(inFlightMax === undefined ? {} : { inFlightMax }),
    };
    const job =
      plan.verify === true
        ? new VerifyingJob(this.sim, options, this.verifying.length, front)
        : new SyntheticJob(this.sim, options, front);
    if (job instanceof VerifyingJob) this.verifying.push(job);
    this.guests.push(job);
    job.start();
    return job;
  }

  /** @throws InputError when there is no such job */
  setPace(name: string, pace: Pace): void {
    const job = this.jobs.get(name);
    if (job === undefined) {
      const known = [...this.jobs.keys()].slice(0, 12).join(', ') || 'none';
      throw InputError.of('job', `there is no job ${name}`, `known: ${known}`);
    }
    job.setPace(pace);
  }

  /** What the program wants, whether it gets through to the disk or not. */
  private measure(plan: JobPlan, job: SyntheticJob): void {
    const { vm, plan: disk } = this.disk(plan.disk);
    const labels = { vm: vm.name, host: vm.host, disk: `${vm.name}:${disk.name}` };
    const entity = this.sim.meters.define('job', plan.name, labels, JOB_FIELDS);
    entity.refresh = () => {
      entity.values[0] = job.asked;
      entity.values[1] = job.issued;
      entity.values[2] = job.waiting;
    };
  }

  /**
   * The guests of a VM that verify data, as witnesses of its snapshots.
   * @param disks of them only; all unless given
   */
  witnessOf(vm: string, disks?: readonly number[]): Witness {
    const own = (): Verifier[] =>
      this.verifying
        .filter((job) => job.vm === vm && disks?.includes(job.disk) !== false)
        .map(({ verifier }) => verifier);
    return {
      saved: (snapshot) => {
        for (const verifier of own()) verifier.save(snapshot);
      },
      restored: (snapshot) => {
        for (const verifier of own()) verifier.restore(snapshot);
      },
      mixed: (snapshot) => {
        for (const verifier of own()) verifier.mix(snapshot);
      },
      forgotten: (snapshot) => {
        for (const verifier of own()) verifier.forget(snapshot);
      },
    };
  }

  /** Those who check what they read on a virtual disk. */
  verifiersOf(disk: number): readonly Verifier[] {
    return this.verifying.filter((job) => job.disk === disk).map(({ verifier }) => verifier);
  }

  /** Those who check what they read. */
  get verifiers(): readonly Verifier[] {
    return this.verifying.map(({ verifier }) => verifier);
  }

  /** No guest issues anything more of its own. */
  stopJobs(): void {
    for (const guest of this.guests) if (guest instanceof SyntheticJob) guest.stop();
  }

  /** How much verifying guests have checked. */
  get verified(): {
    blocksRead: number;
    blocksWritten: number;
    blocksUnsure: number;
    violations: number;
  } {
    const sum = { blocksRead: 0, blocksWritten: 0, blocksUnsure: 0, violations: 0 };
    for (const verifier of this.verifiers) {
      sum.blocksRead += verifier.blocksRead;
      sum.blocksWritten += verifier.blocksWritten;
      sum.blocksUnsure += verifier.blocksUnsure;
      sum.violations += verifier.violationCount;
    }
    return sum;
  }

  /** Every verifying guest reads all it ever wrote. */
  readBack(): void {
    for (const job of this.verifying) job.readBack();
  }

  /** Everything completed so far, as the guests saw it. */
  totals(): GuestTotals {
    return this.parts.reduce((sum, part) => sum.merge(part), new GuestTotals());
  }

  /** Commands the guests are waiting for. */
  get inFlight(): number {
    return this.guests.reduce((sum, guest) => sum + guest.inFlight, 0);
  }

  /** True when there are replays and all of them have completed their last record. */
  get replaysFinished(): boolean {
    return this.replays.length > 0 && this.replays.every((replay) => replay.finished);
  }

  /** Records of replays that were moved onto a smaller disk, and that were issued late. */
  replayNotes(): { wrapped: number; late: number } {
    return this.replays.reduce(
      (sum, { wrapped, late }) => ({ wrapped: sum.wrapped + wrapped, late: sum.late + late }),
      { wrapped: 0, late: 0 },
    );
  }

  private startReplay(plan: ReplayPlan): void {
    const disks = plan.disks.map((index) => this.disk(index));
    const { vm } = disks[0];
    const replay = new TraceReplay(
      this.sim,
      {
        plan,
        machine: vm,
        world: vm.world,
        capacities: disks.map(({ front }) => front.sizeBlocks),
        totals: this.newTotals(),
      },
      disks.map(({ front }) => front),
    );
    this.guests.push(replay);
    this.replays.push(replay);
    replay.start();
  }

  private newTotals(): GuestTotals {
    const totals = new GuestTotals();
    this.parts.push(totals);
    return totals;
  }

  private disk(index: number): BuiltDisk {
    return this.disks.get(index) as BuiltDisk;
  }
}
