/** What the dashboard starts with: the command line before the configuration before the defaults. */
import type { ThemeName } from '../palettes.js';
import { DELAY_MS, initialState, SPEEDS, speedName, type UiState } from '../state.js';
import type { Config } from './schema.js';
import { tableState } from './state.js';

export type TableConfig = Pick<Config, 'nameLength' | 'friendlyNames' | 'screens' | 'thresholds'>;

export interface Settings {
  readonly theme: ThemeName;
  /** Undefined: as the terminal needs it. */
  readonly ascii: boolean | undefined;
  readonly mouse: boolean;
  /** Nothing that changes the simulation. */
  readonly readOnly: boolean;
  readonly delayMs: number;
  /** Index into SPEEDS. */
  readonly speed: number;
  /** What the file says of tables: columns, orders, limits, names. */
  readonly tables: TableConfig;
}

/** Options of the command line; undefined where none was given. */
export type Overrides = {
  readonly [Key in 'theme' | 'ascii' | 'mouse' | 'readOnly' | 'delayMs']?:
    | Settings[Key]
    | undefined;
};

const NS_PER_MS = 1e6;

export function settingsOf(config: Config, overrides: Overrides = {}): Settings {
  const { nameLength, friendlyNames, screens, thresholds } = config;
  const speed = SPEEDS.findIndex((each) => speedName(each) === config.speed);
  return {
    theme: overrides.theme ?? config.theme ?? 'dark',
    ascii: overrides.ascii ?? config.ascii,
    mouse: overrides.mouse ?? config.mouse ?? true,
    readOnly: overrides.readOnly ?? config.readOnly ?? false,
    delayMs:
      overrides.delayMs ?? (config.delay === undefined ? DELAY_MS : config.delay / NS_PER_MS),
    speed: Math.max(0, speed),
    tables: { nameLength, friendlyNames, screens, thresholds },
  };
}

/** The screen before the first key. */
export function stateOf({ theme, readOnly, delayMs, speed, tables }: Settings): UiState {
  return { ...initialState(readOnly), ...tableState(tables), theme, delayMs, speed };
}
