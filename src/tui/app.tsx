/** The frame of the screen: Ink divides it, takes the keys and draws the dialogs. */
import { Box, Text, useInput } from 'ink';
import { type ReactElement, useSyncExternalStore } from 'react';
import { dialogRows } from './dialogs/render.js';
import { footerRow, tabsRow } from './frame-rows.js';
import { keyNames } from './keys.js';
import { COLUMNS_MIN, DIALOG_BESIDE, partsOf, ROWS_MIN, tooSmall } from './layout.js';
import type { Store } from './store.js';
import { Surface } from './surface.js';
import type { Theme } from './theme.js';

const BORDER = 2;

export interface AppProps {
  readonly store: Store;
  readonly theme: Theme;
  readonly onKey: (key: string) => void;
}

export function App({ store, theme: terminal, onKey }: AppProps): ReactElement {
  const chrome = useSyncExternalStore(store.subscribe, store.get);
  useInput((input, key) => {
    for (const name of keyNames(input, key)) onKey(name);
  });
  const { ui, size, source } = chrome;
  const theme = terminal.as(ui.theme);
  const { columns, rows } = size;
  if (tooSmall(size)) return <TooSmall columns={columns} rows={rows} />;
  const parts = partsOf(chrome);
  const dialog = ui.dialogs.at(-1);
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <Surface id="status" height={1} flexShrink={0} />
      <Line text={tabsRow(ui.screen, columns, theme)} />
      {parts.story > 0 && <Surface id="story" height={parts.story} flexShrink={0} />}
      <Surface id="notice" height={1} flexShrink={0} />
      <Surface id="screen" flexGrow={1} />
      {parts.charts > 0 && <Surface id="charts" height={parts.charts} flexShrink={0} />}
      {dialog !== undefined && parts.dialog > 0 && (
        <Box
          borderStyle={theme.glyph.border}
          flexDirection="column"
          flexShrink={0}
          height={parts.dialog + BORDER}
          paddingX={1}
        >
          {dialogRows(ui, dialog, columns - DIALOG_BESIDE, parts.dialog, theme).map(
            (row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
              <Line key={index} text={row} />
            ),
          )}
        </Box>
      )}
      <Line text={footerRow(ui, columns, theme, source)} />
    </Box>
  );
}

function Line({ text }: { readonly text: string }): ReactElement {
  return (
    <Box height={1} flexShrink={0}>
      <Text wrap="truncate">{text === '' ? ' ' : text}</Text>
    </Box>
  );
}

function TooSmall({
  columns,
  rows,
}: {
  readonly columns: number;
  readonly rows: number;
}): ReactElement {
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <Text wrap="wrap">
        {`vmtop needs ${COLUMNS_MIN} x ${ROWS_MIN}; this is ${columns} x ${rows}. q quits.`}
      </Text>
    </Box>
  );
}
