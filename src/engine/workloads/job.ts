import { assert } from '../core/assert.js';
import type { Lane } from '../core/events.js';
import { FLUSH, type Io, NO_IO, WRITE } from '../core/io.js';
import type { Layer } from '../core/layer.js';
import type { Stream } from '../core/random.js';
import type { Sim } from '../core/sim.js';
import type { JobPlan } from '../simulation/plan.js';
import { Commands } from './commands.js';
import { DUE, Guest, RETRY, START, THOUGHT } from './guest.js';
import type { GuestMachine } from './machine.js';
import type { GuestTotals } from './totals.js';

export interface SyntheticJobOptions {
  readonly plan: JobPlan;
  readonly machine: GuestMachine;
  readonly world: number;
  /** Index of the virtual disk. */
  readonly disk: number;
  readonly capacityBlocks: number;
  readonly totals: GuestTotals;
}

/**
 * A guest program that makes its own load, with the words of fio.
 *
 * Closed loop: `iodepth` commands in flight; after each completion a pause of `thinkNs`, then the
 * next. Open loop (`rateIops`): Poisson arrivals, however many are in flight; only the request table
 * holds them back. `rw`, `read`, `write` and `unmap` go through their part of the disk in order,
 * reads and writes of `rw` sharing one position; `rand...` jump.
 *
 * A stunned machine runs no program: nothing is issued, and no arrivals happen, until it resumes.
 */
export class SyntheticJob extends Guest {
  private readonly startAt: number;
  private stopAt: number;
  private readonly iodepth: number;
  private readonly thinkNs: number;
  protected readonly disk: number;
  private readonly commands: Commands;
  private readonly thoughts: Lane;
  /** A SYNCHRONIZE CACHE follows so many writes; 0 for none. */
  private readonly fsync: number;
  private unsynced = 0;

  /** Mean time between arrivals, ns; 0 for a closed loop. */
  private readonly gapNs: number;
  private readonly arrivals: Stream;
  /** Time of the next arrival, with its fraction of a nanosecond. */
  private dueAt = 0;
  /** An arrival fell into a stun; arrivals go on when the machine does. */
  private held = false;
  /** Commands the program wants to issue and has not. */
  private owed = 0;

  constructor(
    sim: Sim,
    options: SyntheticJobOptions,
    protected readonly lower: Layer,
  ) {
    const { plan, machine } = options;
    super(sim, plan.name, machine, options.world, options.totals);
    assert(plan.iodepth >= 1 || plan.rateIops > 0, `job ${plan.name} never issues anything`);
    const stream = `job ${machine.name} ${plan.name}`;
    this.startAt = plan.startNs;
    this.stopAt = plan.stopNs === 0 ? Number.POSITIVE_INFINITY : plan.stopNs;
    this.iodepth = plan.iodepth;
    this.thinkNs = plan.thinkNs;
    this.fsync = plan.fsync ?? 0;
    this.disk = options.disk;
    this.commands = new Commands(plan, options.capacityBlocks, sim.random.stream(stream));
    this.thoughts = sim.lane(this);
    this.gapNs = plan.rateIops > 0 ? 1e9 / plan.rateIops : 0;
    this.arrivals = sim.random.stream(`${stream} arrivals`);
    machine.onResume(() => this.resume());
  }

  override start(): void {
    this.sim.events.push(Math.max(this.startAt, this.sim.now), this.index, START);
  }

  /** Issues nothing more; what is in flight comes back. */
  stop(): void {
    this.stopAt = this.sim.now;
  }

  override complete(io: Io): void {
    this.account(io);
    if (this.gapNs === 0) {
      if (this.thinkNs === 0) this.owed++;
      else this.thoughts.push(this.sim.now + this.thinkNs, THOUGHT);
    }
    if (this.owed > 0) this.issueOwed();
  }

  override fire(reason: number): void {
    if (reason === THOUGHT) {
      this.owed++;
    } else if (reason === DUE) {
      if (this.machine.stunned) {
        this.held = true;
        return;
      }
      this.owed++;
      this.armArrival();
    } else if (reason === RETRY) {
      this.retryArmed = false;
    } else if (this.gapNs > 0) {
      this.dueAt = this.sim.now;
      this.armArrival();
    } else {
      this.owed = this.iodepth;
    }
    this.issueOwed();
  }

  private resume(): void {
    if (this.held) {
      this.held = false;
      this.dueAt = this.sim.now;
      this.armArrival();
    }
    this.issueOwed();
  }

  /** Asks for the next arrival; its time keeps its fraction, so that the rate is exact. */
  private armArrival(): void {
    this.dueAt += this.arrivals.exponential(this.gapNs);
    if (this.dueAt < this.stopAt) {
      this.sim.events.push(Math.floor(this.dueAt), this.index, DUE);
    }
  }

  private issueOwed(): void {
    if (this.machine.stunned) return;
    if (this.sim.now >= this.stopAt) this.owed = 0;
    while (this.owed > 0) {
      const io = this.sim.requests.takeForGuest();
      if (io === NO_IO) {
        this.retryLater();
        return;
      }
      this.owed--;
      this.issue(io);
    }
  }

  private issue(io: Io): void {
    this.fill(io);
    this.inFlight++;
    this.enter(io);
    this.lower.submit(io);
  }

  /** Makes the row the job's next command. */
  protected fill(io: Io): void {
    const { now, requests } = this.sim;
    const { commands } = this;
    if (this.fsync > 0 && this.unsynced >= this.fsync) {
      this.unsynced = 0;
      requests.op[io] = FLUSH;
      requests.lba[io] = 0;
      requests.blocks[io] = 0;
    } else {
      const index = commands.next();
      requests.op[io] = commands.op[index];
      requests.lba[io] = commands.lba[index];
      requests.blocks[io] = commands.blocks[index];
      if (commands.op[index] === WRITE) this.unsynced++;
    }
    requests.world[io] = this.world;
    requests.disk[io] = this.disk;
    requests.arrivedAt[io] = now;
  }
}
