import { eventRow, foldEvents } from '../events.js';
import { hintRows, hintsOf } from '../hints/index.js';
import { beside, wrap } from '../text.js';
import { definePanel, type PanelContext } from './kit/panel.js';
import { stackRows } from './kit/stack.js';
import { summaryRows } from './kit/summary.js';

/** From this width on machines and events stand side by side. */
const SIDE_BY_SIDE = 110;
const GAP = 2;
const REAL =
  'a real machine does not tell of its layers: see u devices, d adapters, S disks, D space';
/** Hints on screens of this height, and on lower ones. */
const TALL = 28;
const HINTS_TALL = 5;
const HINTS_SHORT = 2;

/** The first screen: the way of the I/O, the machines, the latest events. */
export const overview = definePanel({
  name: 'overview',
  render(context, width, height) {
    if (context.world.frames.empty) return [context.theme.paint('dim', '  building the hosts')];
    if (context.world.plan?.real) {
      return wrap(REAL, width - 4).map((line) => context.theme.paint('dim', `  ${line}`));
    }
    const found = hints(context, width, height);
    // Hints set the two parts off as well as a blank row does.
    const gap = found.length > 0 && height < TALL ? [] : [''];
    const stack = [...stackRows(context, width), ...found, ...gap];
    const room = height - stack.length;
    if (room < 2) return stack;
    if (width >= SIDE_BY_SIDE) {
      const left = Math.floor((width - GAP) / 2);
      const blocks = [
        { rows: summaryRows(context, left, room), width: left },
        { rows: latest(context, width - GAP - left, room), width: width - GAP - left },
      ];
      return [...stack, ...beside(blocks, room, GAP)];
    }
    const { events: log } = context.world;
    const events = log.length === 0 ? 0 : Math.min(log.length + 1, Math.ceil(room / 2));
    return [
      ...stack,
      ...summaryRows(context, width, room - events),
      ...(events > 0 ? latest(context, width, events) : []),
    ];
  },
});

/** What is not well and why, below the stack; no row when all is well. */
function hints({ world, theme }: PanelContext, width: number, height: number): string[] {
  const found = hintsOf(world.frames.window);
  const most = height >= TALL ? HINTS_TALL : HINTS_SHORT;
  const shown = found.length > most ? found.slice(0, most - 1) : found;
  // One hint on a low screen may take what two would.
  const each = height >= TALL || found.length === 1 ? 2 : 1;
  const rows = shown.flatMap((hint) =>
    hintRows(hint, width - 1, each, theme).map((row) => ` ${row}`),
  );
  const left = found.length - shown.length;
  return left > 0 ? [...rows, theme.paint('dim', `   and ${left} more hints at their rows`)] : rows;
}

function latest({ world, theme }: PanelContext, width: number, height: number): string[] {
  const shown = height > 1 ? foldEvents(world.events).slice(-(height - 1)) : [];
  const title = `${theme.paint('title', 'Latest events')} ${theme.paint('dim', '(E)')}`;
  if (world.events.length === 0) return [title, theme.paint('dim', '  nothing has happened yet')];
  return [title, ...shown.map((entry) => eventRow(entry, width, theme))];
}
