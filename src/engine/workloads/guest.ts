import { assert } from '../core/assert.js';
import type { Io } from '../core/io.js';
import { Layer } from '../core/layer.js';
import type { Sim } from '../core/sim.js';
import type { GuestMachine } from './machine.js';
import type { GuestTotals } from './totals.js';

/** How long a guest waits before it asks again for a row when it has none in flight itself. Model. */
const RETRY_NS = 1_000_000;

/** What a guest's events mean: the number they carry in place of a row. */
export const START = 0;
export const THOUGHT = 1;
export const RETRY = 2;
/** An arrival; jobs add which of their paces it belongs to. */
export const DUE = 3;

/** The top of the stack: makes rows, and is the last to see them. */
export abstract class Guest extends Layer {
  /** Commands issued and not completed. */
  inFlight = 0;
  protected retryArmed = false;

  constructor(
    sim: Sim,
    name: string,
    protected readonly machine: GuestMachine,
    protected readonly world: number,
    protected readonly totals: GuestTotals,
  ) {
    super(sim, name);
  }

  /** Arms the guest's first event. */
  abstract start(): void;

  override submit(): void {
    assert(false, 'nothing is above a guest');
  }

  /** Counts the row and gives it back. */
  protected account(io: Io): void {
    const { now, requests, digest } = this.sim;
    const { op, disk, lba, blocks, status, sense, arrivedAt } = requests;
    const size = blocks[io];
    const end = status[io];
    this.inFlight--;
    this.totals.add(op[io], size, end, sense[io]);
    digest.add(op[io], disk[io], lba[io], size, end, now - arrivedAt[io]);
    requests.give(io);
  }

  /** The request table is full: asks again after a while, or when a command of its own completes. */
  protected retryLater(): void {
    if (this.retryArmed) return;
    this.retryArmed = true;
    this.after(RETRY_NS, RETRY);
  }
}
