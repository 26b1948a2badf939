/** What the dashboard starts with, from the configuration file, an rc file of esxtop, or neither. */
import { existsSync } from 'node:fs';
import { readText } from '../../input/read-text.js';
import type { UiState } from '../state.js';
import { configFile } from './location.js';
import { isRcFile, readRcFile } from './rc.js';
import { type Overrides, type Settings, settingsOf, stateOf } from './settings.js';

export interface Loaded {
  readonly settings: Settings;
  /** The screen before the first key. */
  readonly state: UiState;
}

/**
 * @param named a file that has to exist; without it the person's own, which need not
 * @throws InputError with everything that is wrong with it
 */
export async function loadSettings(
  named?: string,
  overrides: Overrides = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Loaded> {
  const own = configFile(env);
  const file = named ?? own;
  const text = named === undefined && !existsSync(file) ? '' : readText(file);
  // What checks the file takes longer to load than most programs take to start.
  if (text === '') return loaded(settingsOf({}, overrides), file);
  if (!isRcFile(text)) {
    const { parseConfig } = await import('./file.js');
    return loaded(settingsOf(parseConfig(text, file), overrides), file);
  }
  const { settings, state } = loaded(settingsOf({}, overrides), own);
  const { delayMs = state.delayMs, ...tables } = readRcFile(text);
  // An rc file of esxtop is read and never written.
  return { settings, state: { ...state, ...tables, delayMs: overrides.delayMs ?? delayMs } };
}

function loaded(settings: Settings, settingsFile: string): Loaded {
  return { settings, state: { ...stateOf(settings), settingsFile } };
}
