/** Field groups, with esxtop's letters and names (esxtop reference, section 2) where it has them. */
import { assert } from '../../core/assert.js';
import type { FieldGroup, View } from './view.js';

/** Shown from the start, as by esxtop's factory defaults. */
export function shownGroup(letter: string, name: string, fields: readonly string[]): FieldGroup {
  return { letter, name, fields, on: true };
}

/** There where there is room, or when a person asks for it; off in esxtop's factory defaults. */
export function spareGroup(letter: string, name: string, fields: readonly string[]): FieldGroup {
  return { letter, name, fields, on: false };
}

export const IO_STATS = ['CMDS/s', 'READS/s', 'WRITES/s', 'MBREAD/s', 'MBWRTN/s'];

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** From this weight on a column of its own is no part of what a screen is about. */
const SPARE_WEIGHT = 7;

const known = new WeakMap<View, readonly FieldGroup[]>();

/** The view's own groups, then every other column as a group of its own with the next free letter. */
export function fieldGroups(view: View): readonly FieldGroup[] {
  const made = known.get(view);
  if (made !== undefined) return made;
  const own = view.fieldGroups ?? [];
  const grouped = new Set(own.flatMap(({ fields }) => fields));
  const taken = new Set(own.map(({ letter }) => letter));
  const free = [...LETTERS].filter((letter) => !taken.has(letter));
  const rest = view.fields.filter(({ id }) => !grouped.has(id));
  assert(rest.length <= free.length, `view ${view.name} has more field groups than letters`);
  const groups = [
    ...own,
    ...rest.map(({ id, help, weight }, index): FieldGroup => {
      const name = `${id} = ${help}`;
      return { letter: free[index] ?? '', name, fields: [id], on: weight < SPARE_WEIGHT };
    }),
  ];
  known.set(view, groups);
  return groups;
}
