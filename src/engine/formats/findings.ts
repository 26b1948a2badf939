/** What a check of a volume or a disk has found. */

export type Severity = 'error' | 'warning' | 'note';

/** A kind of finding: how bad it is, and what it means. */
export interface FindingKind {
  readonly severity: Severity;
  /** What it is, in few words. */
  readonly title: string;
  /** Why it matters and where it comes from. */
  readonly meaning: string;
}

export function kind(severity: Severity, title: string, meaning: string): FindingKind {
  return { severity, title, meaning };
}

export interface FindingOf<K extends string> {
  readonly kind: K;
  /** File, path, descriptor or block it is about. */
  readonly place: string;
  readonly detail: string;
  /** Path of the file it is about, where that is known at the end of the check. */
  path?: string;
}

/** Findings of one kind that are kept in full; the rest is counted. */
const KEPT = 200;
const ORDER = { error: 0, warning: 1, note: 2 } as const;

/** The findings of a check, of kinds that are known beforehand. */
export class FindingList<K extends string> {
  readonly list: FindingOf<K>[] = [];
  private readonly counts = new Map<K, number>();

  constructor(private readonly kinds: Readonly<Record<K, FindingKind>>) {}

  add(kindOf: K, place: string, detail: string): void {
    const count = this.count(kindOf) + 1;
    this.counts.set(kindOf, count);
    if (count <= KEPT) this.list.push({ kind: kindOf, place, detail });
  }

  count(kindOf: K): number {
    return this.counts.get(kindOf) ?? 0;
  }

  /** Kinds that were found with how often, worst first. */
  totals(): readonly (readonly [K, number])[] {
    return [...this.counts].sort(([one], [other]) => this.rank(one) - this.rank(other));
  }

  /** How many of this severity. */
  of(severity: Severity): number {
    let sum = 0;
    for (const [found, count] of this.counts) {
      if (this.kinds[found].severity === severity) sum += count;
    }
    return sum;
  }

  private rank(found: K): number {
    return ORDER[this.kinds[found].severity];
  }
}
