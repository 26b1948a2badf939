import { bestPath } from '../choice.js';
import { definePsp, type PathSelector } from '../define.js';
import type { Path } from '../path.js';

/**
 * Stays on a path as long as it is usable, and does not go back when an earlier one returns, unless
 * that one has a higher rank. A degraded path is left for a sound one.
 */
class MostRecentlyUsed implements PathSelector {
  working: Path | undefined;

  constructor(private readonly paths: readonly Path[]) {}

  select(): Path | undefined {
    return this.working;
  }

  update(): void {
    const { working } = this;
    const best = bestPath(this.paths);
    const stays =
      working?.usable === true && !working.degraded && working.rank >= (best?.rank ?? 0);
    if (!stays) this.working = best;
  }

  uses(path: Path): boolean {
    return path === this.working;
  }

  config(): string {
    return `Current Path=${this.working?.name ?? ''}`;
  }
}

export const mru = definePsp({
  name: 'VMW_PSP_MRU',
  summary: 'the path used last, until it stops being usable; no failback',
  params: {},
  create: ({ paths }) => new MostRecentlyUsed(paths),
});
