import type { EntityInfo } from '../../core/meters.js';
import { Row, type Window } from './row.js';

/** A row that stands for its parts: counters, gauges and histograms are theirs, added up. */
export class SumRow extends Row {
  private readonly parts: readonly Row[];

  /** @param scope of the parts */
  constructor(
    window: Window,
    info: EntityInfo,
    readonly scope: string,
  ) {
    super(window, info);
    this.parts = this.children(scope);
  }

  override in(window: Window): Row {
    return new SumRow(window, this.info, this.scope);
  }

  override now(field: string): number {
    return this.total((part) => part.now(field));
  }

  override grown(field: string): number {
    return this.total((part) => part.grown(field));
  }

  override histogram(): Uint32Array | undefined {
    let sum: Uint32Array | undefined;
    for (const part of this.parts) {
      const counts = part.histogram();
      if (counts === undefined) continue;
      sum = sum?.map((count, bucket) => count + (counts[bucket] ?? 0)) ?? counts;
    }
    return sum;
  }

  private total(figure: (part: Row) => number): number {
    let sum = 0;
    for (const part of this.parts) sum += figure(part);
    return sum;
  }
}
