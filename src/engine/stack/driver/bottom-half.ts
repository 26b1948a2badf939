import type { Io } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import type { Interrupted } from './coalescer.js';

/** A run of the bottom half ends after this time (documented, stack-lower reference, 1.2). */
const BUDGET_NS = 5e6;
/** From the end of a run that did not finish until the next one (model). */
const RESCHEDULE_NS = 5_000;

/**
 * The bottom half of an emulated driver: the interrupt puts answers on a list, from which they are
 * completed one after another. A run takes a limited number of commands and a limited time, then
 * others get the processor.
 */
export class BottomHalf extends Layer {
  private freeAt = 0;
  private startedAt = 0;
  private count = 0;

  /** @param cap commands per run: 25 for SCSI, 32 for block drivers */
  constructor(
    sim: Sim,
    name: string,
    private readonly completeNs: number,
    private readonly cap: number,
    private readonly driver: Interrupted,
  ) {
    super(sim, name);
  }

  /** An answer reaches the adapter at the row's `readyAt`, which then interrupts. */
  override submit(io: Io): void {
    const { events, now, requests } = this.sim;
    events.push(Math.max(now, requests.readyAt[io]), this.index, io);
  }

  override fire(io: Io): void {
    this.driver.interrupt();
    this.driver.receive(io);
  }

  /** Takes an answer on its list; returns when the command is completed. */
  enlist(): number {
    const { now } = this.sim;
    if (this.freeAt <= now) {
      this.begin(now);
    } else if (this.count >= this.cap || this.freeAt - this.startedAt >= BUDGET_NS) {
      this.begin(this.freeAt + RESCHEDULE_NS);
    }
    this.count++;
    this.freeAt += this.completeNs;
    return this.freeAt;
  }

  private begin(at: number): void {
    this.startedAt = at;
    this.freeAt = at;
    this.count = 0;
  }
}
