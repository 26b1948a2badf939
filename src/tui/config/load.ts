/** Where the settings are, and the screen they make. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { readText } from '../../input/read-text.js';
import type { UiState } from '../state.js';
import { isRcFile, readRcFile } from './rc.js';
import { tableState } from './state.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** `$XDG_CONFIG_HOME/vmtop/config.yaml`, or under `~/.config` (XDG Base Directory Specification). */
export function settingsFile(env: Environment = process.env): string {
  const { XDG_CONFIG_HOME: base = '' } = env;
  const folder = isAbsolute(base) ? base : join(env.HOME ?? homedir(), '.config');
  return join(folder, 'vmtop', 'config.yaml');
}

/**
 * What the file says of the screen. Without a name it is the person's own file, which need not exist.
 * @throws InputError with everything that is wrong: a program that starts with half of what was asked
 *   for is harder to notice than one that does not start
 */
export async function loadTables(named?: string, env?: Environment): Promise<Partial<UiState>> {
  const file = named ?? settingsFile(env);
  const settings = { settingsFile: file };
  if (named === undefined && !existsSync(file)) return settings;
  const text = readText(file);
  // An rc file of esxtop is read and never written.
  if (isRcFile(text)) return { ...readRcFile(text), settingsFile: settingsFile(env) };
  // The checks take longer to load than most programs take to start.
  const { parseTables } = await import('./tables.js');
  return { ...tableState(parseTables(text, file)), ...settings };
}
