/** Which columns a person wants to see, and in which order: what esxtop's `f` and `o` change. */
import type { Entities } from '../../engine/views/kit/entities.js';
import { fieldGroups } from '../../engine/views/kit/field-groups.js';
import { type Field, type FieldGroup, type View, viewFields } from '../../engine/views/kit/view.js';

/** Column titles. What is in neither list is as the view has it. */
export interface ColumnChoice {
  /**
   * Columns that come before others when there is little room. They take the places they have in the
   * view, in this order: a list of all columns is an order, a list of one moves nothing.
   */
  readonly columns: readonly string[];
  /** Columns left out. */
  readonly hidden: readonly string[];
}

export const NO_CHOICE: ColumnChoice = { columns: [], hidden: [] };

/** Asked for: goes only after everything nobody asked for, but before what never goes. */
const PINNED_WEIGHT = 0.5;

/** The view's columns as chosen; the first, which names the row, always stays first. */
export function chosenFields(view: View, entities: Entities, choice = NO_CHOICE): Field[] {
  return arrange(viewFields(view, entities), choice);
}

function arrange(fields: readonly Field[], { columns, hidden }: ColumnChoice): Field[] {
  if (columns.length === 0 && hidden.length === 0) return [...fields];
  const [name] = fields;
  const out = new Set(hidden.filter((id) => id !== name?.id));
  const byId = new Map(fields.map((field) => [field.id, field]));
  const asked = columns.flatMap((id) => {
    const field = id === name?.id ? undefined : byId.get(id);
    return field === undefined || out.has(id) ? [] : [field];
  });
  const pinned = new Set(asked);
  let next = 0;
  const placed = fields.flatMap((field) => {
    if (out.has(field.id)) return [];
    return [(pinned.has(field) ? asked[next++] : undefined) ?? field];
  });
  if (asked.length === 0) return placed;
  // What tells rows apart is not given up for what is said of them.
  const staying = [...asked, ...fields.filter(({ stays }) => stays)];
  return keep(placed, new Set(staying.map(({ id }) => id)), PINNED_WEIGHT);
}

/** Columns that are to stay longer, with those that go only together with them. */
export function keep(fields: readonly Field[], ids: ReadonlySet<string>, weight: number): Field[] {
  const groups = new Set(fields.filter(({ id }) => ids.has(id)).map(({ group }) => group));
  groups.delete(undefined);
  return fields.map((field) =>
    ids.has(field.id) || groups.has(field.group)
      ? { ...field, weight: Math.min(field.weight, weight) }
      : field,
  );
}

/** `on` shown, `room` shown where there is room, `off` left out. */
export type Shown = 'on' | 'room' | 'off';

export function groupShown({ fields, on }: FieldGroup, { columns, hidden }: ColumnChoice): Shown {
  if (fields.every((id) => hidden.includes(id))) return 'off';
  return on || fields.some((id) => columns.includes(id)) ? 'on' : 'room';
}

/** Leaves a group out that is on, else asks for it. The group of the first column stays. */
export function toggleGroup(view: View, group: FieldGroup, choice = NO_CHOICE): ColumnChoice {
  const own = new Set(group.fields);
  const hidden = choice.hidden.filter((id) => !own.has(id));
  const columns = choice.columns.filter((id) => !own.has(id));
  if (groupShown(group, choice) === 'on') {
    const [name] = view.fields;
    const leaving = group.fields.filter((id) => id !== name?.id);
    return { columns, hidden: [...hidden, ...leaving] };
  }
  const places = new Map(view.fields.map(({ id }, index) => [id, index]));
  const place = (id: string): number => places.get(id) ?? 0;
  const inOrder = columns.every(
    (id, index) => index === 0 || place(columns[index - 1] ?? '') < place(id),
  );
  const all = [...columns, ...group.fields];
  return { columns: inOrder ? all.sort((a, b) => place(a) - place(b)) : all, hidden };
}

/** The groups in the order of their first columns; those left out keep the place they would have. */
export function groupOrder(view: View, { columns }: ColumnChoice = NO_CHOICE): FieldGroup[] {
  const order = arrange(view.fields, { columns, hidden: [] }).map(({ id }) => id);
  const first = ({ fields }: FieldGroup): number =>
    Math.min(...fields.map((id) => order.indexOf(id)).filter((index) => index >= 0));
  return [...fieldGroups(view)].sort((a, b) => first(a) - first(b));
}

/** Moves a group one place to the left (-1) or right (1), columns and all; the first stays. */
export function moveGroup(
  view: View,
  group: FieldGroup,
  by: 1 | -1,
  choice = NO_CHOICE,
): ColumnChoice {
  const groups = groupOrder(view, choice);
  const from = groups.indexOf(group);
  const to = from + by;
  if (from <= 0 || to <= 0 || to >= groups.length) return choice;
  groups.splice(to, 0, ...groups.splice(from, 1));
  return { ...choice, columns: groups.flatMap(({ fields }) => fields) };
}
