import { assert } from '../core/assert.js';
import type { Lane } from '../core/events.js';
import { FLUSH, type Io, NO_IO, WRITE } from '../core/io.js';
import type { Layer } from '../core/layer.js';
import type { Stream } from '../core/random.js';
import type { Sim } from '../core/sim.js';
import type { JobPlan, Pace } from '../plan/plan.js';
import { Arrivals } from './arrivals.js';
import { BLOCKS, Commands, LBA, OP } from './commands.js';
import { DUE, Guest, RETRY, START, THOUGHT } from './guest.js';
import type { GuestMachine } from './machine.js';
import type { GuestTotals } from './totals.js';

/** More than any request table has rows. An infinity would be a box of its own on the heap. */
const UNBOUNDED = 0x3fffffff;

export interface SyntheticJobOptions {
  readonly plan: JobPlan;
  readonly machine: GuestMachine;
  readonly world: number;
  /** Index of the virtual disk. */
  readonly disk: number;
  readonly capacityBlocks: number;
  readonly totals: GuestTotals;
  /** Rows an open loop may hold at once: a flood must not take every row from the others. */
  readonly inFlightMax?: number;
}

/**
 * A guest program that makes its own load, with the words of fio.
 *
 * Closed loop: `iodepth` commands in flight; after each completion a pause of `thinkNs`, then the
 * next. Open loop (`rateIops`, or a `burst`): arrivals however many are in flight; only rows of the
 * request table hold them back, and what has no row waits in the guest. `rw`, `read`, `write` and
 * `unmap` go through their part of the disk in order, reads and writes of `rw` sharing one position;
 * `rand...` jump.
 *
 * A stunned machine runs no program: nothing is issued, and no arrivals happen, until it resumes.
 */
export class SyntheticJob extends Guest {
  /** Commands the program has asked for so far, those that wait for a row included. */
  asked = 0;
  /** Those that got a row and went to the disk. */
  issued = 0;

  private readonly startAt: number;
  /** 0 for never. */
  private readonly stopAt: number;
  private stopped = false;
  private iodepth: number;
  private thinkNs: number;
  private readonly inFlightMax: number;
  readonly disk: number;
  private readonly commands: Commands;
  private readonly thoughts: Lane;
  /** A SYNCHRONIZE CACHE follows so many writes; 0 for none. */
  private readonly fsync: number;
  private unsynced = 0;

  /** Undefined for a closed loop. */
  private arrivals: Arrivals | undefined;
  private readonly stream: Stream;
  /** Time of the next arrival, with its fraction of a nanosecond. */
  private dueAt = 0;
  /** Which of the paces so far an arrival belongs to: those of earlier ones do not happen. */
  private paceNumber = 0;
  /** An arrival fell into a stun; arrivals go on when the machine does. */
  private held = false;
  private started = false;
  /** Commands the program has asked for and not issued. */
  private owed = 0;
  /** Completions after which nothing is asked for: the loop has become smaller. */
  private surplus = 0;

  constructor(
    sim: Sim,
    options: SyntheticJobOptions,
    protected readonly lower: Layer,
  ) {
    const { plan, machine } = options;
    super(sim, plan.name, machine, options.world, options.totals);
    const isOpen = plan.rateIops > 0 || plan.burst !== undefined;
    assert(plan.iodepth >= 1 || isOpen, `job ${plan.name} never issues anything`);
    const stream = `job ${machine.name} ${plan.name}`;
    this.startAt = plan.startNs;
    this.stopAt = plan.stopNs;
    this.iodepth = plan.iodepth;
    this.thinkNs = plan.thinkNs;
    this.inFlightMax = options.inFlightMax ?? UNBOUNDED;
    this.fsync = plan.fsync ?? 0;
    this.disk = options.disk;
    const draws = sim.random.stream(stream);
    this.commands = new Commands(plan, options.capacityBlocks, draws, sim.cells);
    this.thoughts = sim.lane(this);
    this.stream = sim.random.stream(`${stream} arrivals`);
    this.arrivals = isOpen ? new Arrivals(this.stream, plan) : undefined;
    machine.onResume(() => this.resume());
  }

  /** Commands asked for that wait in the guest. */
  get waiting(): number {
    return this.owed;
  }

  override start(): void {
    this.sim.events.push(Math.max(this.startAt, this.sim.now), this.index, START);
  }

  /** Issues nothing more; what is in flight comes back. */
  stop(): void {
    this.stopped = true;
  }

  /** Another pace from now on: depth and pause of a closed loop, rate of an open one. */
  setPace({ iodepth = this.iodepth, thinkNs = this.thinkNs, rateIops = 0 }: Pace): void {
    this.thinkNs = thinkNs;
    if (this.arrivals === undefined) {
      if (this.started) this.resize(iodepth - this.iodepth);
      this.iodepth = iodepth;
    } else if (rateIops > 0) {
      const rateProcess = this.arrivals.atOnce ? 'linear' : 'poisson';
      this.arrivals = new Arrivals(this.stream, { rateIops, rateProcess });
      if (this.started) this.begin();
    }
    this.issueOwed();
  }

  override complete(io: Io): void {
    this.account(io);
    if (this.arrivals === undefined) {
      if (this.surplus > 0) this.surplus--;
      else if (this.thinkNs === 0) this.ask(1);
      else this.thoughts.push(this.sim.now + this.thinkNs, THOUGHT);
    }
    if (this.owed > 0) this.issueOwed();
  }

  override fire(reason: number): void {
    if (reason === THOUGHT) {
      this.ask(1);
    } else if (reason === RETRY) {
      this.retryArmed = false;
    } else if (reason === START) {
      this.started = true;
      if (this.arrivals === undefined) this.ask(this.iodepth);
      else this.begin();
    } else if (reason === DUE + this.paceNumber) {
      if (this.machine.stunned) {
        this.held = true;
        return;
      }
      this.ask((this.arrivals as Arrivals).count);
      this.armArrival();
    }
    this.issueOwed();
  }

  /** True when the job issues nothing at `time`, which is not in the past. */
  private isOver(time: number): boolean {
    return this.stopped || (this.stopAt > 0 && time >= this.stopAt);
  }

  private ask(count: number): void {
    if (this.isOver(this.sim.now)) return;
    this.asked += count;
    this.owed += count;
  }

  /** The loop has so many more commands from now on; fewer, as they come back. */
  private resize(more: number): void {
    if (more < 0) {
      const unissued = Math.min(this.owed, -more);
      this.owed -= unissued;
      this.surplus -= more + unissued;
    } else {
      const kept = Math.min(this.surplus, more);
      this.surplus -= kept;
      this.ask(more - kept);
    }
  }

  private resume(): void {
    if (this.held) {
      this.held = false;
      this.begin();
    }
    this.issueOwed();
  }

  /** Arrivals begin, or begin anew. */
  private begin(): void {
    const { count, atOnce } = this.arrivals as Arrivals;
    this.paceNumber++;
    this.dueAt = this.sim.now;
    if (atOnce) this.ask(count);
    this.armArrival();
  }

  /** Asks for the next arrival; its time keeps its fraction, so that the rate is exact. */
  private armArrival(): void {
    this.dueAt += (this.arrivals as Arrivals).gap();
    if (!this.isOver(this.dueAt)) {
      this.sim.events.push(Math.floor(this.dueAt), this.index, DUE + this.paceNumber);
    }
  }

  private issueOwed(): void {
    if (this.machine.stunned) return;
    if (this.isOver(this.sim.now)) this.owed = 0;
    while (this.owed > 0 && this.inFlight < this.inFlightMax) {
      const io = this.sim.requests.takeForGuest();
      if (io === NO_IO) {
        this.retryLater();
        return;
      }
      this.owed--;
      this.issued++;
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
      const at = commands.next();
      const { drawn } = commands;
      const op = drawn[at + OP];
      requests.op[io] = op;
      requests.lba[io] = drawn[at + LBA];
      requests.blocks[io] = drawn[at + BLOCKS];
      if (op === WRITE) this.unsynced++;
    }
    requests.world[io] = this.world;
    requests.disk[io] = this.disk;
    requests.arrivedAt[io] = now;
  }
}
