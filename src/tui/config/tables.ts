/** Checking what a configuration file says of tables: columns, sort orders, limits, names. */
import { z } from 'zod';
import { InputError } from '../../engine/core/errors.js';
import { views } from '../../engine/views/index.js';
import type { View } from '../../engine/views/kit/view.js';
import { duration } from '../../scenario/quantities.js';
import { Source } from '../../scenario/source.js';

function screenSchema({ fields }: View) {
  const ids = fields.map(({ id }) => id) as [string, ...string[]];
  const sorts = ids.flatMap((id) => [`${id} desc`, `${id} asc`]) as [string, ...string[]];
  return z.strictObject({
    columns: z.array(z.enum(ids)).optional(),
    hidden: z.array(z.enum(ids)).optional(),
    sort: z.enum(sorts).optional(),
  });
}

const columnIds = new Set(views.flatMap(({ fields }) => fields.map(({ id }) => id)));
const limits = z
  .tuple([z.number(), z.number()])
  .refine(([warn, critical]) => warn <= critical, 'expected warn not above critical');

/** Other keys of the file are other parts' business. */
const tablesSchema = z.object({
  delay: duration('100ms', '60s').optional(),
  nameLength: z.int().min(0).max(120).optional(),
  friendlyNames: z.boolean().optional(),
  screens: z
    .strictObject(
      Object.fromEntries(views.map((view) => [view.name, screenSchema(view).optional()])),
    )
    .optional(),
  thresholds: z
    .strictObject(Object.fromEntries([...columnIds].map((id) => [id, limits.optional()])))
    .optional(),
});

/** The checked file; `delay` in ns. */
export type TableConfig = z.infer<typeof tablesSchema>;

/** Names in a message; the rest are in `vmtop list thresholds`. */
const NAMED = 20;

/** @throws InputError with everything that is wrong, and where */
export function parseTables(text: string, file: string): TableConfig {
  const source = new Source(file, text);
  const broken = source.problems();
  if (broken.length > 0) throw new InputError(broken);
  const result = tablesSchema.safeParse(source.data() ?? {});
  if (result.success) return result.data;
  throw new InputError(
    result.error.issues.map((issue) => ({
      place: source.place(issue.path as (string | number)[]),
      message: messageOf(issue),
      hint: `see vmtop list thresholds for the columns, or remove the line`,
    })),
  );
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `unknown: ${issue.keys.join(', ')}`;
  if (issue.code !== 'invalid_value' || issue.values.length <= NAMED) return issue.message;
  return `${String(issue.path.at(-1))}: no such name`;
}
