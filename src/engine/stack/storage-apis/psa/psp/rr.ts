import { type Io, movesData } from '../../../../core/io.js';
import { count } from '../../../../core/params.js';
import type { Sim } from '../../../../core/sim.js';
import { definePsp, type PathSelector } from '../define.js';
import type { Path } from '../path.js';
import { PATH_ACTIVE, PATH_UNOPTIMIZED } from '../path-state.js';

/**
 * Goes round the optimized paths, `iops` commands each; unoptimized ones take part only when there
 * is no optimized one, or with `useANO`. Only reads and writes count and switch (from memory).
 */
class RoundRobin implements PathSelector {
  private readonly op: Uint8Array;
  private turn: Path[] = [];
  private at = 0;
  private left: number;

  constructor(
    sim: Sim,
    private readonly paths: readonly Path[],
    private readonly iops: number,
    private readonly useUnoptimized: boolean,
  ) {
    this.op = sim.requests.op;
    this.left = iops;
  }

  get working(): Path | undefined {
    return this.turn[this.at];
  }

  select(io: Io): Path | undefined {
    if (this.turn.length === 0) return undefined;
    if (movesData(this.op[io])) {
      if (this.left === 0) {
        this.at = this.at + 1 === this.turn.length ? 0 : this.at + 1;
        this.left = this.iops;
      }
      this.left--;
    }
    return this.turn[this.at];
  }

  update(): void {
    const current = this.working;
    const optimized = this.paths.filter((path) => path.state === PATH_ACTIVE);
    const others = this.paths.filter((path) => path.state === PATH_UNOPTIMIZED);
    const all = optimized.length === 0 || this.useUnoptimized;
    this.turn = all ? [...optimized, ...others] : optimized;
    const kept = current === undefined ? -1 : this.turn.indexOf(current);
    this.at = kept < 0 ? 0 : kept;
    if (kept < 0) this.left = this.iops;
  }

  uses(path: Path): boolean {
    return this.turn.includes(path);
  }
}

export const rr = definePsp({
  name: 'VMW_PSP_RR',
  summary: 'round robin over the optimized paths',
  params: {
    iops: count(1000, 1, 100_000, 'commands on a path before the next takes over'),
    useANO: count(0, 0, 1, 'take unoptimized paths too'),
  },
  create: (sim, paths, { iops, useANO }) => new RoundRobin(sim, paths, iops, useANO === 1),
});
