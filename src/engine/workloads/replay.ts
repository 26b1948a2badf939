import { assert } from '../core/assert.js';
import { InputError } from '../core/errors.js';
import { type Io, NO_IO } from '../core/io.js';
import type { Layer } from '../core/layer.js';
import type { Sim } from '../core/sim.js';
import type { ReplayPlan, TraceTable } from '../plan/plan.js';
import { DUE, Guest, RETRY, START } from './guest.js';
import type { GuestMachine } from './machine.js';
import type { GuestTotals } from './totals.js';

export interface TraceReplayOptions {
  readonly plan: ReplayPlan;
  readonly machine: GuestMachine;
  readonly world: number;
  /** Sizes of the virtual disks, in the order of `plan.disks`. */
  readonly capacities: readonly number[];
  readonly totals: GuestTotals;
  /** Called once, when the last record has completed. */
  readonly onFinish?: () => void;
}

/**
 * Issues the records of a trace, each exactly once and with its own length.
 *
 * Unit u of the trace goes to disk u modulo the number of disks. A record that does not fit its disk
 * is counted in `wrapped` and its address taken modulo the disk's size (and moved back to fit whole
 * if it would then cross the end).
 *
 * Scaled timing counts from `start()`. While the machine is stunned the schedule stands still: the
 * record that fell into the stun is issued on resume and all later ones keep their distance from it.
 * A record that has to wait for a free row is issued `late`; the schedule itself is kept.
 */
export class TraceReplay extends Guest {
  /** Records whose address did not fit the disk. */
  wrapped = 0;
  /** Records issued after their time because the request table was full. */
  late = 0;
  finished = false;

  private readonly table: TraceTable;
  private readonly disks: Int32Array;
  private readonly capacities: Float64Array;
  private readonly onFinish: (() => void) | undefined;
  /** Speed of scaled timing; 0 for asap. */
  private readonly scale: number;
  private readonly iodepth: number;
  /** Instant of the trace's time 0. */
  private origin = 0;
  /** Record to be issued next. */
  private next = 0;
  /** The event for the next record is under way. */
  private dueArmed = false;
  /** A record fell due while the machine was stunned. */
  private held = false;

  constructor(
    sim: Sim,
    options: TraceReplayOptions,
    private readonly lowers: readonly Layer[],
  ) {
    const { plan, machine, capacities } = options;
    super(sim, plan.name, machine, options.world, options.totals);
    assert(
      lowers.length > 0 && lowers.length === plan.disks.length,
      `replay ${plan.name} has ${plan.disks.length} disks and ${lowers.length} layers`,
    );
    const { timing } = plan;
    this.scale = timing.kind === 'scaled' ? timing.scale : 0;
    this.iodepth = timing.kind === 'asap' ? timing.iodepth : 0;
    assert(this.scale > 0 || this.iodepth > 0, `replay ${plan.name} never issues anything`);
    this.table = plan.records;
    this.disks = Int32Array.from(plan.disks);
    this.capacities = Float64Array.from(capacities);
    this.onFinish = options.onFinish;
    this.checkLengths(plan.name);
    machine.onResume(() => this.resume());
  }

  override start(): void {
    this.origin = this.sim.now;
    this.after(0, START);
  }

  override complete(io: Io): void {
    this.account(io);
    if (this.next < this.table.count) {
      if (this.scale === 0 || this.retryArmed) this.issueMore();
    } else if (this.inFlight === 0) {
      this.finish();
    }
  }

  override fire(reason: number): void {
    if (reason === DUE) this.dueArmed = false;
    else if (reason === RETRY) this.retryArmed = false;
    else if (this.table.count === 0) this.finish();
    this.issueMore();
  }

  private resume(): void {
    if (!this.held) return;
    this.held = false;
    if (this.scale > 0) this.origin += this.sim.now - this.dueAt(this.next);
    this.issueMore();
  }

  private dueAt(index: number): number {
    return this.origin + Math.round(this.table.at[index] / this.scale);
  }

  /** Issues all records whose time has come, or as many as may be in flight. */
  private issueMore(): void {
    const { now, requests } = this.sim;
    while (this.next < this.table.count) {
      const due = this.scale > 0 ? this.dueAt(this.next) : now;
      if (due > now) {
        this.armDue(due);
        return;
      }
      if (this.scale === 0 && this.inFlight >= this.iodepth) return;
      if (this.machine.stunned) {
        this.held = true;
        return;
      }
      const io = requests.takeForGuest();
      if (io === NO_IO) {
        this.retryLater();
        return;
      }
      if (due < now) this.late++;
      this.issue(io);
    }
  }

  private armDue(due: number): void {
    if (this.dueArmed) return;
    this.dueArmed = true;
    this.sim.events.push(due, this.index, DUE);
  }

  private issue(io: Io): void {
    const { now, requests } = this.sim;
    const { table } = this;
    const index = this.next++;
    const which = table.unit[index] % this.disks.length;
    const capacity = this.capacities[which];
    const length = table.blocks[index];
    let lba = table.lba[index];
    if (lba + length > capacity) {
      this.wrapped++;
      lba = Math.min(lba % capacity, capacity - length);
    }
    requests.op[io] = table.op[index];
    requests.lba[io] = lba;
    requests.blocks[io] = length;
    requests.world[io] = this.world;
    requests.disk[io] = this.disks[which];
    requests.arrivedAt[io] = now;
    this.inFlight++;
    this.enter(io);
    this.lowers[which].submit(io);
  }

  private finish(): void {
    this.finished = true;
    this.onFinish?.();
  }

  /** A command longer than its disk can be replayed nowhere. */
  private checkLengths(name: string): void {
    const { count, unit, blocks } = this.table;
    for (let index = 0; index < count; index++) {
      const which = unit[index] % this.disks.length;
      if (blocks[index] > this.capacities[which]) {
        throw InputError.of(
          `replay ${name}`,
          `record ${index + 1} is ${blocks[index]} blocks long, disk ${which + 1} has only ${this.capacities[which]}`,
          'make the disk larger',
        );
      }
    }
  }
}
