/** The help overlay: made from the keymap and the columns, so it cannot disagree with them. */
import { viewFields } from '../engine/views/kit/view.js';
import { bindings, type Scope } from './keymap.js';
import { screenOf } from './screens.js';
import type { UiState } from './state.js';
import { beside, wrap } from './text.js';
import type { Theme } from './theme.js';
import { activeScopes } from './update.js';
import type { World } from './world.js';

const MOUSE =
  'Mouse (unless --no-mouse): the wheel scrolls; a click opens a tab, sorts by a column, selects a row, ' +
  'and opens the selected one.';

/** Keys and columns of the current screen, in as many columns as the width allows. */
export function helpRows(world: World, ui: UiState, width: number, theme: Theme): string[] {
  const below = { ...ui, dialogs: [] };
  const screen = screenOf(ui.screen);
  const rows = wrap(`${screen.title} ${screen.summary}`, width).map((line, index) =>
    index > 0
      ? theme.paint('dim', line)
      : theme.paint('title', screen.title) + theme.paint('dim', line.slice(screen.title.length)),
  );
  const fields = screen.view === undefined ? [] : viewFields(screen.view, world.frames.entities);
  if (fields.length > 0) {
    rows.push('', theme.paint('head', 'Columns'));
    rows.push(
      ...inColumns(
        fields.map(({ id, help }) => [id, help]),
        10,
        width,
        theme,
      ),
    );
  }
  // A key that means something else in an inner scope is not told again.
  const told = new Set<string>();
  for (const scope of activeScopes(below)) {
    const found = bindings
      .filter((binding) => binding.scope === scope)
      .map((binding) => ({ ...binding, keys: binding.keys.filter((key) => !told.has(key)) }))
      .filter(({ keys }) => keys.length > 0);
    for (const { keys } of found) for (const key of keys) told.add(key);
    if (found.length === 0) continue;
    rows.push('', theme.paint('head', SCOPE_NAMES[scope] ?? scope));
    const pairs = found.map(({ keys, help }) => [keys.join(' '), help] as const);
    rows.push(...inColumns(pairs, 10, width, theme));
  }
  rows.push('', ...wrap(MOUSE, width).map((line) => theme.paint('dim', line)));
  rows.push(
    '',
    theme.paint('dim', 'Marks: * worth a look, ! bad, + restored, > story or most time'),
  );
  return rows;
}

const SCOPE_NAMES: Partial<Record<Scope, string>> = {
  device: 'Keys of devices',
  table: 'Keys of tables',
  events: 'Keys of the log',
  latency: 'Keys of this screen',
  global: 'Keys everywhere',
};

function inColumns(
  pairs: readonly (readonly [string, string])[],
  nameWidth: number,
  width: number,
  theme: Theme,
): string[] {
  const count = Math.max(1, Math.floor(width / 60));
  const each = Math.floor(width / count);
  const lines = Math.ceil(pairs.length / count);
  const room = each - nameWidth - 3;
  const blocks = Array.from({ length: count }, (_, column) => ({
    width: each,
    rows: pairs.slice(column * lines, (column + 1) * lines).flatMap(([name, text]) =>
      wrap(text, room).map((line, index) => {
        const title = (index === 0 ? name : '').padStart(nameWidth);
        return `${theme.paint('accent', title)}  ${line}`;
      }),
    ),
  }));
  return beside(blocks, Math.max(...blocks.map(({ rows }) => rows.length)), 0);
}
