/** The branches of a session: every course of events that was tried, none of them lost. */
import { InputError } from '../../engine/core/errors.js';
import type { TimedCommand } from '../../engine/simulation/recorded-simulation.js';
import { suggest } from '../suggest.js';
import type { Branch } from './file.js';

/** As many as there are letters. */
const BRANCHES_MAX = 26;

/** What a branch needs of the run that is going on with it. */
export interface Course {
  readonly now: number;
  readonly commands: readonly TimedCommand[];
  digest(): string;
}

const FIRST = 'A';

export class Branches {
  private list: Branch[];
  private name: string;

  constructor(saved?: { readonly branches: readonly Branch[]; readonly current: string }) {
    this.list = saved === undefined ? [] : [...saved.branches];
    this.name = saved?.current ?? FIRST;
  }

  get current(): string {
    return this.name;
  }

  /** Every branch, the current one as far as it has got. */
  all(course: Course): readonly Branch[] {
    this.update(course);
    return this.list;
  }

  /** @throws InputError when there is no such branch */
  find(name: string, course: Course): Branch {
    const all = this.all(course);
    const found = all.find((branch) => branch.name === name);
    if (found !== undefined) return found;
    const names = all.map((branch) => branch.name);
    throw InputError.of('', `there is no branch "${name}"`, suggest(name, names));
  }

  /**
   * Leaves the current branch at an earlier instant and starts another. One on which nothing has
   * happened since it was started itself is replaced.
   * @param course the current branch's, as far as it has got
   */
  fork(course: Course, atNs: number, commands: readonly TimedCommand[], digest: string): void {
    this.update(course);
    const left = this.list.find(({ name }) => name === this.name);
    const unmoved = left?.forkNs !== undefined && left.endNs === left.forkNs;
    const parent = unmoved ? left.parent : this.name;
    if (unmoved) this.list = this.list.filter((branch) => branch !== left);
    if (this.list.length >= BRANCHES_MAX) {
      // The first is what all others are compared with.
      const oldest = this.list.find(({ name }) => name !== FIRST && name !== parent);
      this.list = this.list.filter((branch) => branch !== oldest);
    }
    this.name = this.freeName();
    this.list.push({ name: this.name, parent, forkNs: atNs, endNs: atNs, digest, commands });
  }

  /** Goes on with another branch. */
  goTo(name: string, course: Course): void {
    this.update(course);
    this.name = name;
  }

  /** A run that has not got to the end of its branch yet says nothing new about it. */
  private update(course: Course): void {
    const index = this.list.findIndex(({ name }) => name === this.name);
    const known = this.list[index];
    if (known !== undefined && course.now < known.endNs) return;
    const branch: Branch = {
      ...(known ?? { name: this.name }),
      endNs: course.now,
      digest: course.digest(),
      commands: [...course.commands],
    };
    if (index < 0) this.list.push(branch);
    else this.list[index] = branch;
  }

  private freeName(): string {
    for (let letter = 0; letter < BRANCHES_MAX; letter++) {
      const name = String.fromCharCode(FIRST.charCodeAt(0) + letter);
      if (!this.list.some((branch) => branch.name === name)) return name;
    }
    return FIRST;
  }
}

/** Where two branches part, ns: where one left the other, or the first action only one of them has. */
export function partedNs(a: Branch, b: Branch): number {
  if (b.parent === a.name && b.forkNs !== undefined) return b.forkNs;
  if (a.parent === b.name && a.forkNs !== undefined) return a.forkNs;
  const length = Math.max(a.commands.length, b.commands.length);
  for (let index = 0; index < length; index++) {
    const [first, second] = [a.commands[index], b.commands[index]];
    if (JSON.stringify(first) === JSON.stringify(second)) continue;
    return Math.min(
      first?.atNs ?? Number.MAX_SAFE_INTEGER,
      second?.atNs ?? Number.MAX_SAFE_INTEGER,
    );
  }
  return 0;
}
