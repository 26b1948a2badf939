import { type BreakdownFigures, breakdownOf } from '../../engine/views/kit/breakdown.js';
import { currentSubject, partsOf } from '../subject.js';
import { plain, shortenMiddle } from '../text.js';
import { keyOf, type World } from '../world.js';
import { heatRows } from './kit/heat-map.js';
import { definePanel, type PanelContext } from './kit/panel.js';
import { partRows, stackedBar } from './kit/parts.js';

/** The map needs this many rows to say anything, and says no more with more than that. */
const HEAT_ROWS_MIN = 4;
const HEAT_ROWS_MAX = 20;
const NAME_WIDTH = 24;
/** On lower screens parts that took no time make room for the map. */
const ALL_PARTS_FROM = 28;
const OTHERS_ROWS_MIN = 5;
const RECORDED = 'only a simulation tells where the time of its commands goes';

/** Where the time of the chosen object's commands goes, and how its latency was over time. */
export const latency = definePanel({
  name: 'latency',
  render(context, width, height) {
    const { world, ui, theme } = context;
    const { title, objects } = currentSubject(ui, world);
    const figures = breakdownOf(world.frames.window, objects);
    const heading = `${theme.paint('title', 'Latency')} ${theme.paint('strong', plain(title))}`;
    const rows = [heading];
    if (isRecorded(world)) return [heading, theme.paint('dim', `  ${RECORDED}`)];
    if (figures === undefined)
      rows.push(theme.paint('dim', '  asking the engine to follow commands'));
    else rows.push(...breakdown(figures, width, height, context));
    const left = height - rows.length;
    const heat = Math.min(HEAT_ROWS_MAX, left);
    if (heat >= HEAT_ROWS_MIN) {
      const histograms = objects.map(({ histogram }) => histogram).filter((index) => index >= 0);
      rows.push(...heatRows(world.frames.heatOf(histograms, width), width, heat, theme));
    }
    rows.push(...otherRows(context, width, height - rows.length));
    return rows.slice(0, height);
  },
});

/** A batch file or a real machine: there are no commands to follow. */
function isRecorded({ plan }: World): boolean {
  return plan?.real === true || plan?.startsAt !== undefined;
}

function breakdown(
  figures: BreakdownFigures,
  width: number,
  height: number,
  { theme, ui, world }: PanelContext,
): string[] {
  if (figures.commands === 0) {
    const nothing = '  no command has ended that set out since this screen was opened';
    const why = world.done ? ': the scenario is over' : ui.paused ? ': paused' : '';
    return [theme.paint('dim', nothing + why)];
  }
  const mean = `${figures.ms.toFixed(3)} ms of ${figures.commands} commands`;
  return [
    `  ${stackedBar(figures, width - mean.length - 5, theme)} ${theme.paint('strong', mean)}`,
    ...partRows(figures, width, height < ALL_PARTS_FROM, theme),
  ];
}

/** Objects of the same kind, one bar each, to compare with. */
function otherRows({ world, ui, theme }: PanelContext, width: number, height: number): string[] {
  const { others } = currentSubject(ui, world);
  if (height < OTHERS_ROWS_MIN || others.length < 2) return [];
  const { window } = world.frames;
  const selected = Math.max(
    0,
    others.findIndex((info) => keyOf(info) === ui.about),
  );
  const room = height - 2;
  const first = Math.max(0, Math.min(selected - (room >> 1), others.length - room));
  const lines = others.slice(first, first + room).map((info) => {
    const figures = breakdownOf(window, partsOf(info, world));
    const name = shortenMiddle(plain(info.name), NAME_WIDTH, theme.glyph.more).padEnd(NAME_WIDTH);
    const ms = (figures?.ms ?? 0).toFixed(3).padStart(9);
    const isShown = keyOf(info) === ui.about;
    const pointer = theme.paint('accent', isShown ? theme.glyph.pointer : ' ');
    const bar = figures === undefined ? '' : stackedBar(figures, width - NAME_WIDTH - 16, theme);
    return `${pointer} ${theme.paint(isShown ? 'strong' : 'plain', name)}${ms}  ${bar}`;
  });
  return [
    '',
    theme.paint('head', `  ${'COMPARED WITH'.padEnd(NAME_WIDTH)}   ms/cmd  share of each layer`),
    ...lines,
  ];
}
