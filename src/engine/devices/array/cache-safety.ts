import { BLOCK_BYTES } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import type { MirrorPlan } from '../../plan/plan.js';

/**
 * Whether a cache may hold what the disks do not have yet: only on a battery, and, where two
 * controllers mirror their caches, only while both run. The mirror link takes one write after the
 * other; its latency comes on top.
 */
export class CacheSafety {
  /** False while writes go through to the disks. */
  writeBack = true;
  private battery = true;
  private mirrored = true;
  private linkUntil = 0;
  private readonly blockNs: number;

  constructor(
    private readonly sim: Sim,
    readonly mirror: MirrorPlan | undefined,
  ) {
    this.blockNs = mirror === undefined ? 0 : (BLOCK_BYTES * 1e9) / mirror.bytesPerSecond;
  }

  /** Time until the other controller has a write, too; 0 without a mirror. */
  mirrorNs(blocks: number): number {
    if (this.mirror === undefined) return 0;
    const { now } = this.sim;
    this.linkUntil = Math.max(this.linkUntil, now) + Math.round(blocks * this.blockNs);
    return this.linkUntil - now + this.mirror.latencyNs;
  }

  setBattery(well: boolean): void {
    this.battery = well;
    this.look();
  }

  /** @param running controllers that run */
  setControllers(running: number): void {
    this.mirrored = this.mirror === undefined || running >= 2;
    this.look();
  }

  private look(): void {
    this.writeBack = this.battery && this.mirrored;
  }
}
