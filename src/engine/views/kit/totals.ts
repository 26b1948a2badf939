/**
 * Sums of counters over many objects. Where the counters lie in a sample is looked up once per layout:
 * a screen sums thousands of objects in every frame, and over every window it draws a trend of.
 */
import type { EntityInfo } from '../../core/meters.js';
import type { Window } from './row.js';

export class Totals {
  /** Positions in a sample by field or fields: those of one object after those of another. */
  private readonly positions = new Map<string, Int32Array>();

  constructor(private readonly infos: readonly EntityInfo[]) {}

  get size(): number {
    return this.infos.length;
  }

  /** Growth of all of these fields together; an object that does not keep or know all of them adds nothing. */
  grown({ before, after }: Window, fields: readonly string[]): number {
    const at = this.of(fields);
    const now = after.values;
    const then = before.values;
    let total = 0;
    for (let first = 0; first < at.length; first += fields.length) {
      let sum = 0;
      for (let index = first; index < first + fields.length; index++) {
        const position = at[index] as number;
        sum += (now[position] ?? 0) - (then[position] ?? 0);
      }
      total += sum || 0;
    }
    return total;
  }

  /** Sum of a gauge over those who know it; NaN where there are objects and none of them does. */
  now({ after }: Window, field: string): number {
    const at = this.of([field]);
    let total = 0;
    let known = this.size === 0;
    for (let index = 0; index < at.length; index++) {
      const value = after.values[at[index] as number] ?? 0;
      if (Number.isNaN(value)) continue;
      known = true;
      total += value;
    }
    return known ? total : Number.NaN;
  }

  private of(fields: readonly string[]): Int32Array {
    const key = fields.join();
    const known = this.positions.get(key);
    if (known !== undefined) return known;
    const found = Int32Array.from(
      this.infos.flatMap((info) => {
        const slots = fields.map((field) => info.fields.indexOf(field));
        return slots.includes(-1) ? [] : slots.map((slot) => info.base + slot);
      }),
    );
    this.positions.set(key, found);
    return found;
  }
}
