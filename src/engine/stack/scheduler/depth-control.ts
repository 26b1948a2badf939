import type { SchedulerSettings } from './settings.js';

/**
 * DSNRO, "number of outstanding I/Os with competing worlds" (stack-lower 5.2): while commands of
 * different worlds alternate, the device gets fewer at once, so that the choice between the worlds
 * is made by the scheduler and not by the device's own queue.
 */
export class DepthControl {
  /** Commands the device may have now. */
  depth: number;

  /** DQLEN, whatever the device takes for now. */
  private whole: number;
  private lastWorld = 0;
  private switches = 0;
  private inARow = 0;

  constructor(
    private full: number,
    private readonly settings: SchedulerSettings,
  ) {
    this.depth = full;
    this.whole = full;
  }

  /** True while worlds compete or the device is given less than its depth. */
  get lowered(): boolean {
    return this.depth < this.whole;
  }

  /** Changes the device's own depth (DQLEN); the controller starts over. */
  setFull(full: number): void {
    this.full = full;
    this.depth = full;
    this.whole = full;
    this.switches = 0;
    this.inARow = 0;
  }

  /** Changes what the device takes at most for now, while worlds compete or not. */
  throttle(full: number): void {
    const competing = this.depth < this.full;
    this.full = full;
    this.depth = competing ? Math.min(full, this.settings.competingDepth) : full;
  }

  /** A command of `world` goes to the device. */
  note(world: number): void {
    const { competingDepth, vmSwitches, seqReqs } = this.settings;
    if (world === this.lastWorld) {
      this.inARow++;
    } else {
      // The first command of all follows no other world's.
      if (this.lastWorld !== 0) this.switches++;
      this.inARow = 1;
      this.lastWorld = world;
    }
    if (this.depth === this.full) {
      if (this.switches < vmSwitches || competingDepth === 0) return;
      this.depth = Math.min(this.full, competingDepth);
      this.switches = 0;
    }
    if (this.depth < this.full && this.inARow >= seqReqs) {
      this.depth = this.full;
      this.switches = 0;
    }
  }
}
