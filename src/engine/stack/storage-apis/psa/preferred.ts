import { bestPath } from './choice.js';
import type { PathSelector } from './define.js';
import type { Path } from './path.js';

/** Keeps to the preferred path and goes back to it as soon as it is usable again. */
export class Preferred implements PathSelector {
  working: Path | undefined;

  constructor(
    private readonly paths: readonly Path[],
    readonly wanted: Path | undefined,
  ) {}

  select(): Path | undefined {
    return this.working;
  }

  update(): void {
    this.working = bestPath(this.paths, this.wanted);
  }

  uses(path: Path): boolean {
    return path === this.working;
  }

  config(): string {
    return `{preferred=${this.wanted?.name ?? ''};current=${this.working?.name ?? ''}}`;
  }
}
