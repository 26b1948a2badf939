import type { Io } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';

/** Marks the event of the timer; rows are never negative. */
const TIMER = -1;

/** Takes the answers an interrupt brings. */
export interface Interrupted {
  /** An interrupt is raised now. */
  interrupt(): void;
  /** One of its answers. */
  receive(io: Io): void;
}

/**
 * Interrupt coalescing with fixed limits: the adapter interrupts when `maxCount` answers wait, or
 * when the oldest has waited `maxNs` (stack-lower reference, 1.5; model). At low load every answer
 * waits the full time.
 */
export class Coalescer extends Layer {
  private readonly waiting: Io[] = [];
  /** When the timer of the batch under way fires. */
  private dueAt = Number.POSITIVE_INFINITY;

  constructor(
    sim: Sim,
    name: string,
    private readonly maxNs: number,
    private readonly maxCount: number,
    private readonly driver: Interrupted,
  ) {
    super(sim, name);
  }

  /** An answer reaches the adapter at the row's `readyAt`. */
  override submit(io: Io): void {
    const { events, now, requests } = this.sim;
    events.push(Math.max(now, requests.readyAt[io]), this.index, io);
  }

  override fire(io: Io): void {
    const { now } = this.sim;
    if (io === TIMER) {
      // A batch that was full before its time leaves its timer behind.
      if (now === this.dueAt) this.flush();
      return;
    }
    this.waiting.push(io);
    if (this.waiting.length >= this.maxCount) {
      this.flush();
    } else if (this.waiting.length === 1) {
      this.dueAt = now + this.maxNs;
      this.after(this.maxNs, TIMER);
    }
  }

  private flush(): void {
    this.dueAt = Number.POSITIVE_INFINITY;
    this.driver.interrupt();
    for (const io of this.waiting) this.driver.receive(io);
    this.waiting.length = 0;
  }
}
