/** The layers of the stack as a table: load, queue, latency, and where the time goes. */
import { formatCell } from '../../../engine/views/kit/format.js';
import type { LayerFigures } from '../../../engine/views/kit/layers.js';
import { bar, sparkline } from '../../charts/area.js';
import { layersOf } from '../../charts/series.js';
import type { Theme } from '../../theme.js';
import type { PanelContext } from './panel.js';

const COLUMNS = [
  ['CMDS/s', 9, (layer: LayerFigures) => layer.commandsPerSecond],
  ['MB/s', 8, (layer: LayerFigures) => layer.megabytesPerSecond],
  ['ACTV', 5, (layer: LayerFigures) => layer.active],
  ['QUED', 5, (layer: LayerFigures) => layer.queued],
  ['ms/cmd', 7, (layer: LayerFigures) => layer.latencyMs],
  ['us here', 8, (layer: LayerFigures) => layer.hereUs],
] as const;

const NAME_WIDTH = 15;
const PERCENT_WIDTH = 5;
const WHERE = 'time spent here';
const WHERE_SHORT = 'time here';
const TREND_WIDTH_MIN = 16;
const TREND_WIDTH_MAX = 48;
/** Screens narrower than this have no room for the trend. */
const TREND_FROM = 100;
/** Screens narrower than this leave the throughput out. */
const THROUGHPUT_FROM = 76;
/** A layer that takes this much of all time is named as the place to look. */
const NOTABLE = 0.25;

export function stackRows({ world, theme }: PanelContext, width: number): string[] {
  const layers = layersOf(world.frames.window);
  const columns = COLUMNS.filter(([title]) => title !== 'MB/s' || width >= THROUGHPUT_FROM);
  const numbers = columns.reduce((sum, [, size]) => sum + size + 1, NAME_WIDTH + 2);
  const rest = Math.max(4, width - numbers - 6);
  const trend =
    width >= TREND_FROM
      ? Math.min(TREND_WIDTH_MAX, Math.max(TREND_WIDTH_MIN, Math.floor(rest / 2)))
      : 0;
  const barWidth = Math.min(60, rest - (trend > 0 ? trend + 2 : 0));
  const history = trend > 0 ? world.frames.windows(trend).map(layersOf) : [];
  const most = Math.max(...layers.map(({ share }) => share));
  const titles = columns.map(([title, size]) => title.padStart(size)).join(' ');
  const room = barWidth + PERCENT_WIDTH;
  const where = (room < WHERE.length ? WHERE_SHORT : WHERE).padEnd(room);
  const heading = trend > 0 ? `${where}  ${'trend of us here'.padEnd(trend)}` : where;
  const head = `  ${theme.paint('head', `${'LAYER'.padEnd(NAME_WIDTH)}${titles} ${heading}`)}`;
  const rows = layers.map((layer, index) => {
    const past = history.map((figures) => figures[index]?.hereUs ?? Number.NaN);
    const isMost = layer.share > 0 && layer.share === most;
    return layerRow(layer, isMost, past, { columns, barWidth, trend }, theme);
  });
  return [head, ...rows];
}

/** What a row has room for. */
interface Form {
  readonly columns: readonly (typeof COLUMNS)[number][];
  readonly barWidth: number;
  /** 0 for none. */
  readonly trend: number;
}

function layerRow(
  layer: LayerFigures,
  most: boolean,
  past: readonly number[],
  { columns, barWidth, trend }: Form,
  theme: Theme,
): string {
  const cells = columns.map(([title, size, value]) => {
    const number = value(layer);
    const decimals = title === 'ACTV' || title === 'QUED' ? 'count' : 'fixed';
    const text = formatCell(decimals, number, size).padStart(size);
    return theme.paint(title === 'QUED' && number > 0 ? 'warn' : 'plain', text);
  });
  const notable = layer.share >= NOTABLE;
  const name = theme.paint(notable ? 'strong' : 'plain', layer.title.padEnd(NAME_WIDTH));
  const pointer = theme.paint('accent', most ? theme.glyph.pointer : ' ');
  const guests = Number.isNaN(layer.hereUs);
  const share = guests ? '' : `${Math.round(layer.share * 100)}%`;
  const drawn = guests ? ' '.repeat(barWidth) : bar(layer.share, barWidth, theme);
  const tone = notable ? 'warn' : 'graph';
  const line = `${pointer} ${name}${cells.join(' ')} ${theme.paint(tone, drawn)}${share.padStart(PERCENT_WIDTH)}`;
  return trend > 0 ? `${line}  ${theme.paint('graph', sparkline(past, trend, theme))}` : line;
}
