/**
 * What `config.yaml` may hold. Every key is optional; names of screens and columns are those of the
 * dashboard, so that a misspelt one is found.
 */
import { z } from 'zod';
import { views } from '../../engine/views/index.js';
import type { View } from '../../engine/views/kit/view.js';
import { duration, integer, scalar } from '../../scenario/quantities.js';
import { THEMES } from '../palettes.js';
import { SPEEDS, speedName } from '../state.js';

const flag = scalar('true or false', (value) => (typeof value === 'boolean' ? value : undefined));

/** How one table is shown: its columns in order, those left out, and `COLUMN asc` or `COLUMN desc`. */
function screenSchema({ fields }: View) {
  const ids = fields.map(({ id }) => id) as [string, ...string[]];
  const sorts = ids.flatMap((id) => [`${id} desc`, `${id} asc`]) as [string, ...string[]];
  return z.strictObject({
    columns: z.array(z.enum(ids)).optional(),
    hidden: z.array(z.enum(ids)).optional(),
    sort: z.enum(sorts).optional(),
  });
}

const screens = z.strictObject(
  Object.fromEntries(views.map((view) => [view.name, screenSchema(view).optional()])),
);

/** From which value on a number is marked: `[warn, critical]`. */
const limits = scalar('two numbers, [warn, critical], the first not above the second', (value) => {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [warn, critical] = value as unknown[];
  if (typeof warn !== 'number' || typeof critical !== 'number' || !(warn <= critical)) {
    return undefined;
  }
  return [warn, critical] as const;
});

const columns = new Set(views.flatMap(({ fields }) => fields.map(({ id }) => id)));
const thresholds = z.strictObject(
  Object.fromEntries([...columns].map((id) => [id, limits.optional()])),
);

export const configSchema = z.strictObject({
  theme: z.enum(THEMES).optional(),
  ascii: flag.optional(),
  mouse: flag.optional(),
  readOnly: flag.optional(),
  delay: duration('50ms', '60s').optional(),
  speed: z.enum(SPEEDS.map(speedName) as [string, ...string[]]).optional(),
  nameLength: integer(0, 120).optional(),
  friendlyNames: flag.optional(),
  screens: screens.optional(),
  thresholds: thresholds.optional(),
});

/** The checked file; `delay` in ns. */
export type Config = z.infer<typeof configSchema>;
