import type { Sim } from '../core/sim.js';
import type { Guest } from '../workloads/guest.js';
import { SyntheticJob } from '../workloads/job.js';
import { TraceReplay } from '../workloads/replay.js';
import { GuestTotals } from '../workloads/totals.js';
import type { Verifier } from '../workloads/verifier.js';
import { VerifyingJob } from '../workloads/verifying-job.js';
import type { BuiltDisk } from './build-vms.js';
import type { JobPlan, Plan, ReplayPlan } from './plan.js';

/** The guests of a run: what they issue, and what they saw completed. */
export class Guests {
  private readonly parts: GuestTotals[] = [];
  private readonly guests: Guest[] = [];
  private readonly replays: TraceReplay[] = [];
  private readonly verifying: VerifyingJob[] = [];

  constructor(
    private readonly sim: Sim,
    private readonly disks: ReadonlyMap<number, BuiltDisk>,
  ) {}

  /** Makes and arms every guest of the plan. */
  startAll({ jobs, replays }: Pick<Plan, 'jobs' | 'replays'>): void {
    for (const plan of jobs) this.startJob(plan);
    for (const plan of replays) this.startReplay(plan);
  }

  /** A job that starts now or at its own time; also for faults that make load. */
  startJob(plan: JobPlan): SyntheticJob {
    const { vm, front } = this.disk(plan.disk);
    const options = {
      plan,
      machine: vm,
      world: vm.world,
      disk: plan.disk,
      capacityBlocks: front.sizeBlocks,
      totals: this.newTotals(),
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

  /** Those who check what they read. */
  get verifiers(): readonly Verifier[] {
    return this.verifying.map(({ verifier }) => verifier);
  }

  /** No guest issues anything more of its own. */
  stopJobs(): void {
    for (const guest of this.guests) if (guest instanceof SyntheticJob) guest.stop();
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
