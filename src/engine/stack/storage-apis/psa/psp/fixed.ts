import { count } from '../../../../core/params.js';
import { bestPath } from '../choice.js';
import { definePsp, type PathSelector } from '../define.js';
import type { Path } from '../path.js';

/** Keeps to the preferred path and goes back to it as soon as it is usable again. */
class Fixed implements PathSelector {
  working: Path | undefined;

  constructor(
    private readonly paths: readonly Path[],
    private readonly preferred: Path | undefined,
  ) {}

  select(): Path | undefined {
    return this.working;
  }

  update(): void {
    this.working = bestPath(this.paths, this.preferred);
  }

  uses(path: Path): boolean {
    return path === this.working;
  }
}

export const fixed = definePsp({
  name: 'VMW_PSP_FIXED',
  summary: 'the preferred path whenever it is usable, otherwise another',
  params: {
    preferred: count(0, 0, 1023, 'number of the preferred path, in order of discovery'),
  },
  create: (_sim, paths, { preferred }) => new Fixed(paths, paths[preferred] ?? paths[0]),
});
