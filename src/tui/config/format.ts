import { stringify } from 'yaml';
import { formatDuration } from '../../engine/core/units.js';
import { SPEEDS, speedName } from '../state.js';
import type { Settings } from './settings.js';

const NS_PER_MS = 1e6;

/** The settings as a configuration file would hold them; what nobody has set is left out. */
export function formatSettings(settings: Settings): string {
  const { theme, ascii, mouse, readOnly, delayMs, speed, tables } = settings;
  return stringify({
    theme,
    ascii,
    mouse,
    readOnly,
    delay: formatDuration(delayMs * NS_PER_MS),
    speed: speedName(SPEEDS[speed] ?? 1),
    ...tables,
  });
}
