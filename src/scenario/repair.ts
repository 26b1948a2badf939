import type { z } from 'zod';
import { knownKeys } from './issues.js';
import type { Path } from './source.js';
import { nearest } from './suggest.js';

/**
 * The data as it was probably meant, so that one run finds both misspelt keys and what is wrong
 * with the rest: misspelt keys and words take the nearest known one, other wrong values are dropped.
 * What comes out is only ever used to look for further problems.
 */
export function repair(data: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const repaired = structuredClone(data);
  for (const issue of issues) {
    const path = issue.path as Path;
    if (issue.code === 'unrecognized_keys') {
      const holder = valueAt(repaired, path);
      for (const key of issue.keys) rename(holder, key, nearest(key, knownKeys(path)));
      continue;
    }
    const holder = valueAt(repaired, path.slice(0, -1));
    const step = path.at(-1);
    if (!isRecord(holder) || step === undefined) continue;
    const value = holder[step];
    const meant =
      issue.code === 'invalid_value' && typeof value === 'string'
        ? nearest(value, issue.values.map(String))
        : undefined;
    if (meant === undefined) delete holder[step];
    else holder[step] = meant;
  }
  return repaired;
}

function rename(holder: unknown, from: string, to: string | undefined): void {
  if (!isRecord(holder)) return;
  const value = holder[from];
  delete holder[from];
  if (to !== undefined && !(to in holder)) holder[to] = value;
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) value = isRecord(value) ? value[step] : undefined;
  return value;
}

function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
