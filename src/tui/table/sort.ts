/** By which column a table is sorted: `KAVG/cmd desc`, as the configuration file writes it too. */
import type { Row } from '../../engine/views/kit/row.js';
import type { Field, View } from '../../engine/views/kit/view.js';

export interface Sort {
  readonly field: Field;
  readonly descending: boolean;
}

/** Whether a column is of words, not of numbers, however these are written. */
export function isText({ format, number }: Field): boolean {
  return format === 'text' && number === undefined;
}

/** Undefined for the order of definition, which is esxtop's order by name. */
export function readSort(fields: readonly Field[], text = ''): Sort | undefined {
  const [, id, direction] = /^(.*) (asc|desc)$/.exec(text) ?? [];
  const field = fields.find((candidate) => candidate.id === id);
  return field === undefined ? undefined : { field, descending: direction === 'desc' };
}

export function writeSort({ id }: Pick<Field, 'id'>, descending: boolean): string {
  return `${id} ${descending ? 'desc' : 'asc'}`;
}

/** What one of esxtop's sort keys asks for: always descending there; undefined: no such column. */
export function sortOfKey({ fields }: View, key: string): string | undefined {
  const field = fields.find(({ sort }) => sort === key);
  return field === undefined ? undefined : writeSort(field, true);
}

/** Numbers start with the largest, names with the first; the same column keeps its direction. */
export function sortByColumn(fields: readonly Field[], field: Field, text?: string): string {
  const now = readSort(fields, text);
  return writeSort(field, now?.field.id === field.id ? now.descending : !isText(field));
}

/** The column `by` places to the right of the one that is sorted by; the ends stop it. */
export function stepSort(fields: readonly Field[], text: string, by: 1 | -1): string {
  const now = readSort(fields, text);
  const at = now === undefined ? -1 : fields.findIndex(({ id }) => id === now.field.id);
  const field = fields[Math.min(fields.length - 1, Math.max(0, at + by))];
  return field === undefined ? text : sortByColumn(fields, field, text);
}

/** The other way round; without a column, by the first one backwards. */
export function turnSort(fields: readonly Field[], text = ''): string {
  const now = readSort(fields, text);
  if (now !== undefined) return writeSort(now.field, !now.descending);
  const [first] = fields;
  return first === undefined ? text : writeSort(first, true);
}

/** Equal rows keep the order of definition; what does not apply comes last in both directions. */
export function sortRows(rows: readonly Row[], sort: Sort | undefined): Row[] {
  if (sort === undefined) return [...rows];
  const { field, descending } = sort;
  const sign = descending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: field.number?.(row) ?? field.value(row) }))
    .sort((a, b) => {
      const missing = Number(isMissing(a.value)) - Number(isMissing(b.value));
      if (missing !== 0 || isMissing(a.value)) return missing;
      return sign * compare(a.value, b.value);
    })
    .map(({ row }) => row);
}

function isMissing(value: string | number): boolean {
  return value === '' || (typeof value === 'number' && Number.isNaN(value));
}

const texts = new Intl.Collator('en', { numeric: true });

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return texts.compare(String(a), String(b));
}
