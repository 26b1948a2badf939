import { bestPath } from '../choice.js';
import { definePsp, type PathSelector } from '../define.js';
import type { Path } from '../path.js';

/** Stays on a path as long as it is usable, and does not go back when an earlier one returns. */
class MostRecentlyUsed implements PathSelector {
  working: Path | undefined;

  constructor(private readonly paths: readonly Path[]) {}

  select(): Path | undefined {
    return this.working;
  }

  update(): void {
    if (this.working?.usable !== true) this.working = bestPath(this.paths);
  }

  uses(path: Path): boolean {
    return path === this.working;
  }
}

export const mru = definePsp({
  name: 'VMW_PSP_MRU',
  summary: 'the path used last, until it stops being usable; no failback',
  params: {},
  create: (_sim, paths) => new MostRecentlyUsed(paths),
});
