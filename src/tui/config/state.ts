/** What a configuration file says of tables, as the state of the screen, and the other way round. */
import { formatDuration } from '../../engine/core/units.js';
import { views } from '../../engine/views/index.js';
import type { UiState } from '../state.js';
import { NO_CHOICE } from '../table/choice.js';
import type { TableConfig } from './settings.js';

const NS_PER_MS = 1e6;

export function tableState(config: TableConfig): Partial<UiState> {
  const { nameLength, friendlyNames, screens = {}, thresholds } = config;
  const given = Object.entries(screens).flatMap(([name, screen]) =>
    screen === undefined ? [] : [[name, screen] as const],
  );
  return {
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
    theme: ui.theme,
    delay: formatDuration(ui.delayMs * NS_PER_MS),
    nameLength: ui.nameLength,
    friendlyNames: ui.friendly,
    screens: Object.fromEntries(screens),
    thresholds: ui.thresholds,
  };
}
