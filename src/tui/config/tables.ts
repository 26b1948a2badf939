/** What a configuration file says of tables: columns, sort orders, limits, names; and reading it. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../../engine/core/errors.js';
import { formatDuration } from '../../engine/core/units.js';
import { views } from '../../engine/views/index.js';
import type { View } from '../../engine/views/kit/view.js';
import { readText } from '../../input/read-text.js';
import { duration } from '../../scenario/quantities.js';
import { Source } from '../../scenario/source.js';
import type { UiState } from '../state.js';
import { NO_CHOICE } from '../table/choice.js';
import { isRcFile, readRcFile } from './rc.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** `$XDG_CONFIG_HOME/vmtop/config.yaml`, or under `~/.config` (XDG Base Directory Specification). */
export function settingsFile(env: Environment = process.env): string {
  const { XDG_CONFIG_HOME: base = '' } = env;
  const folder = isAbsolute(base) ? base : join(env.HOME ?? homedir(), '.config');
  return join(folder, 'vmtop', 'config.yaml');
}

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

const NS_PER_MS = 1e6;
/** Names in a message; the rest are in `vmtop list thresholds`. */
const NAMED = 20;

/**
 * What the file says of the screen. Without a name it is the person's own file, which need not exist.
 * @throws InputError with everything that is wrong: a program that starts with half of what was asked
 *   for is harder to notice than one that does not start
 */
export function loadTables(named?: string, env?: Environment): Partial<UiState> {
  const file = named ?? settingsFile(env);
  const settings = { settingsFile: file };
  if (named === undefined && !existsSync(file)) return settings;
  const text = readText(file);
  // An rc file of esxtop is read and never written.
  if (isRcFile(text)) return { ...readRcFile(text), settingsFile: settingsFile(env) };
  return { ...tableState(parseTables(text, file)), ...settings };
}

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

export function tableState(config: TableConfig): Partial<UiState> {
  const { delay, nameLength, friendlyNames, screens = {}, thresholds } = config;
  const given = Object.entries(screens).flatMap(([name, screen]) =>
    screen === undefined ? [] : [[name, screen] as const],
  );
  return {
    ...(delay === undefined ? {} : { delayMs: delay / NS_PER_MS }),
    ...(nameLength === undefined ? {} : { nameLength }),
    ...(friendlyNames === undefined ? {} : { friendly: friendlyNames }),
    ...(thresholds === undefined ? {} : { thresholds: thresholds as UiState['thresholds'] }),
    columns: Object.fromEntries(
      given.map(([name, { columns = [], hidden = [] }]) => [name, { columns, hidden }]),
    ),
    sort: Object.fromEntries(
      given.flatMap(([name, { sort }]) => (sort === undefined ? [] : [[name, sort]])),
    ),
  };
}

/** The other way round, as text of the file has it; screens nobody changed are left out. */
export function tableSettings(ui: UiState): Readonly<Record<string, unknown>> {
  const screens = views.flatMap(({ name }) => {
    const { columns, hidden } = ui.columns[name] ?? NO_CHOICE;
    const sort = ui.sort[name] ?? '';
    const screen = {
      ...(columns.length > 0 ? { columns } : {}),
      ...(hidden.length > 0 ? { hidden } : {}),
      ...(sort !== '' ? { sort } : {}),
    };
    return Object.keys(screen).length > 0 ? [[name, screen] as const] : [];
  });
  return {
    delay: formatDuration(ui.delayMs * NS_PER_MS),
    nameLength: ui.nameLength,
    friendlyNames: ui.friendly,
    screens: Object.fromEntries(screens),
    thresholds: ui.thresholds,
  };
}
