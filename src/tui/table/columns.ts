/** Which columns fit: light ones give way first, nothing ever wraps. */
import type { Field } from '../../engine/views/kit/view.js';

export interface Column {
  readonly field: Field;
  readonly width: number;
}

/** Room for the pointer and the mark before the first column. */
export const GUTTER = 2;

/**
 * @param shift how many columns after the first the person has scrolled past; then columns are
 *   taken in order and none is dropped for its weight
 * @param widest width of a column's widest content
 * @param nameLength width of the first column; 0: as wide as there is room for
 */
export function fitColumns(
  fields: readonly Field[],
  width: number,
  shift: number,
  widest: (field: Field) => number,
  nameLength: number,
): Column[] {
  const [name, ...rest] = fields;
  if (name === undefined) return [];
  const room = width - GUTTER;
  const nameWidth = widest(name);
  const short = Math.min(name.width, Math.max(nameWidth, name.id.length));
  const least = nameLength > 0 ? Math.min(room, nameLength) : short;
  const kept =
    shift > 0 ? takeInOrder(scrolled(rest, shift), room - least) : dropByWeight(rest, room - least);
  const used = kept.reduce((sum, field) => sum + field.width + 1, least);
  const spare = name.grow && nameLength === 0 ? Math.max(0, room - used) : 0;
  const wanted = nameLength > 0 ? least : Math.max(least, nameWidth);
  const first = { field: name, width: Math.min(room, wanted, least + spare) };
  let left = room - used - Math.max(0, first.width - least);
  const others = kept.map((field) => {
    const more = field.grow ? Math.max(0, Math.min(left, widest(field) - field.width)) : 0;
    left -= more;
    return { field, width: field.width + more };
  });
  return [first, ...others];
}

/** What is left of the columns when the first `shift` of those that may go are gone. */
function scrolled(fields: readonly Field[], shift: number): Field[] {
  const going = fields.filter(({ stays }) => !stays);
  const gone = new Set(going.slice(0, Math.min(shift, going.length - 1)));
  return fields.filter((field) => !gone.has(field));
}

function takeInOrder(fields: readonly Field[], room: number): Field[] {
  const kept: Field[] = [];
  let left = room;
  for (const field of fields) {
    left -= field.width + 1;
    if (left < 0) break;
    kept.push(field);
  }
  return kept;
}

/** Of equal weight the rightmost goes first, and takes its group with it. */
function dropByWeight(fields: readonly Field[], room: number): Field[] {
  const kept = new Set(fields);
  let used = fields.reduce((sum, field) => sum + field.width + 1, 0);
  const leaving = fields
    .map((field, index) => ({ field, index }))
    .sort((a, b) => b.field.weight - a.field.weight || b.index - a.index);
  for (const { field } of leaving) {
    if (used <= room) break;
    for (const other of fields) {
      const together = field.group !== undefined && other.group === field.group;
      if ((other === field || together) && kept.delete(other)) used -= other.width + 1;
    }
  }
  return fields.filter((field) => kept.has(field));
}
