import type { Problem } from '../../engine/core/errors.js';
import { type Params, readParams } from '../../engine/core/params.js';
import type { Catalogues } from '../catalogues.js';
import type { Path, Source } from '../source.js';
import { suggest } from '../suggest.js';

/** What all parts of the planner share: where things stand, what may be named, what is wrong. */
export class Context {
  readonly problems: Problem[] = [];

  constructor(
    readonly source: Source,
    readonly catalogues: Catalogues,
  ) {}

  report(path: Path, message: string, hint?: string): void {
    const place = this.source.place(path);
    const full = `${this.source.label(path)}: ${message}`;
    // Copies of one entry have the same problem once.
    if (this.problems.some((problem) => problem.place === place && problem.message === full))
      return;
    this.problems.push(
      hint === undefined ? { place, message: full } : { place, message: full, hint },
    );
  }

  /** The entry named at `path`; reports an unknown name with the nearest known one. */
  find<T>(known: ReadonlyMap<string, T>, wanted: string, path: Path, what: string): T | undefined {
    const found = known.get(wanted);
    if (found === undefined) {
      this.report(path, `there is no ${what} "${wanted}"`, suggest(wanted, known.keys()));
    }
    return found;
  }

  /** Checks settings at `path` against the entry's description and fills in its defaults. */
  params(
    params: Params,
    given: Readonly<Record<string, string | number>>,
    path: Path,
  ): Record<string, number> {
    const wrong: Problem[] = [];
    const values = readParams(params, given, '', wrong);
    for (const { place, message, hint } of wrong) {
      const setting = place.slice(1);
      const known = setting in params ? hint : suggest(setting, Object.keys(params));
      this.report([...path, setting], message, known);
    }
    return values;
  }
}

/** Things of one kind by name; a name that comes twice is reported. */
export class Names<T> extends Map<string, T> {
  private readonly places = new Map<string, string>();

  constructor(
    private readonly context: Context,
    private readonly what: string,
  ) {
    super();
  }

  add(name: string, value: T, path: Path): void {
    const first = this.places.get(name);
    if (first !== undefined) {
      this.context.report(path, `there already is a ${this.what} "${name}"`, `first at ${first}`);
      return;
    }
    this.places.set(name, this.context.source.place(path));
    this.set(name, value);
  }
}

/** One object a list entry stands for. */
export interface Copy<T> {
  readonly item: T;
  readonly name: string;
  /** Where the entry stands. */
  readonly path: Path;
  /** Which of the entry's copies, from 0. */
  readonly copy: number;
}

/** Entries with `count` become that many, numbered `firstNumber`, ... */
export function copies<T extends { readonly name: string; readonly count?: number | undefined }>(
  list: readonly T[],
  path: Path,
  firstNumber: number,
): Copy<T>[] {
  return list.flatMap((item, index) =>
    Array.from({ length: item.count ?? 1 }, (_, copy) => ({
      item,
      name: item.count === undefined ? item.name : `${item.name}${copy + firstNumber}`,
      path: [...path, index],
      copy,
    })),
  );
}

/** Controllers are lettered, as array consoles show them. */
export const controllerName = (controller: number): string => String.fromCharCode(65 + controller);
