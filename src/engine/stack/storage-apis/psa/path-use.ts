import type { Entity } from '../../../core/meters.js';
import type { Sim } from '../../../core/sim.js';
import type { Path } from './path.js';

/** Which paths of a device are in use, and when that changes. */
export class PathUse {
  /** The paths in use when there last were any. */
  private inUse: readonly Path[] = [];
  private readonly failoversSlot: number;

  constructor(
    private readonly sim: Sim,
    private readonly title: string,
    private readonly paths: readonly Path[],
    private readonly entity: Entity,
  ) {
    this.failoversSlot = entity.slot('failovers');
  }

  /** Lets the policy choose again; a path that is no longer used is a failover. */
  choose(policy: { update(): void; uses(path: Path): boolean }, why: string): void {
    policy.update();
    for (const path of this.paths) path.working = policy.uses(path);
    const now = this.paths.filter((path) => path.working);
    if (now.length === 0) return;
    const left = this.inUse.filter((path) => !path.working);
    this.inUse = now;
    if (left.length === 0) return;
    this.entity.values[this.failoversSlot]++;
    const names = (paths: readonly Path[]): string => paths.map((path) => path.name).join(', ');
    const what = `I/O moves from ${names(left)} to ${names(now)}`;
    this.sim.log.note('path.failover', this.title, what, why);
  }
}
