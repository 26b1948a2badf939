import type { SchedulerSettings } from './settings.js';

/**
 * How many commands a device may have at once (stack-lower 5.1): the least of its own depth, what is
 * left of it after QUEUE FULL answers, and Storage I/O Control's window or, without that, DSNRO while
 * several worlds compete.
 *
 * DSNRO, "number of outstanding I/Os with competing worlds" (5.2): while commands of different worlds
 * alternate, the device gets fewer at once, so that the choice between the worlds is made by the
 * scheduler and not by the device's own queue.
 */
export class DepthControl {
  /** Commands the device may have now. */
  depth: number;
  /** Worlds compete; the depth falls unless Storage I/O Control is in charge of it. */
  competing = false;

  private fullDepth: number;
  private competingDepth: number;
  private sioc = 0;
  private lastWorld = 0;
  private switches = 0;
  private inARow = 0;

  constructor(
    private configured: number,
    private readonly settings: SchedulerSettings,
  ) {
    this.depth = configured;
    this.fullDepth = configured;
    this.competingDepth = settings.competingDepth;
  }

  /** The device's own depth. */
  get configuredDepth(): number {
    return this.configured;
  }

  /** Storage I/O Control's window; 0 when it is not in charge. */
  get siocDepth(): number {
    return this.sioc;
  }

  /** Changes the device's own depth; the controller starts over. */
  setConfigured(depth: number): void {
    this.configured = depth;
    this.fullDepth = depth;
    this.competing = false;
    this.switches = 0;
    this.inARow = 0;
    this.combine();
  }

  /** Changes DSNRO; 0 leaves the depth alone while worlds compete. */
  setCompeting(depth: number): void {
    this.competingDepth = depth;
    this.combine();
  }

  /** What QUEUE FULL answers have left of the depth. */
  throttle(depth: number): void {
    this.fullDepth = depth;
    this.combine();
  }

  /** Sets it. */
  setSioc(depth: number): void {
    this.sioc = depth;
    this.combine();
  }

  /** A command of `world` goes to the device. */
  note(world: number): void {
    const { vmSwitches, seqReqs } = this.settings;
    if (world === this.lastWorld) {
      this.inARow++;
    } else {
      // The first command of all follows no other world's.
      if (this.lastWorld !== 0) this.switches++;
      this.inARow = 1;
      this.lastWorld = world;
    }
    if (!this.competing) {
      if (this.switches === 0 || this.switches < vmSwitches) return;
      this.competing = true;
      this.switches = 0;
    }
    if (this.inARow >= seqReqs) {
      this.competing = false;
      this.switches = 0;
    }
    this.combine();
  }

  private combine(): void {
    const { sioc, competingDepth } = this;
    let depth = Math.min(this.configured, this.fullDepth);
    if (sioc > 0) depth = Math.min(depth, sioc);
    else if (this.competing && competingDepth > 0) depth = Math.min(depth, competingDepth);
    this.depth = depth;
  }
}
