/** Signs in the frame of the screen: that it shows the past, a branch, how the goals stand. */
import { clockOf } from '../events.js';
import { plain, shorten } from '../text.js';
import type { Theme } from '../theme.js';
import type { World } from '../world.js';

/** Simulated time of what is shown, ns. */
export function shownAt(world: World): number {
  return world.lookAt === undefined ? world.at : world.frames.window.after.at;
}

/** Takes the place of the speed. */
export function pastMark(world: World, theme: Theme): string {
  const ago = Math.max(0, world.at - shownAt(world));
  return theme.paint('selected', ` PAST -${clockOf(ago)} `);
}

/** Which branch this is, once there are several. */
export function branchMark({ branches }: World, theme: Theme): string {
  if (branches === undefined || branches.branches.length < 2) return '';
  return theme.paint('strong', `branch ${branches.current}`);
}

/** Goals stand as they do now; beside a picture of the past they would mislead. */
export function goalMark({ goals, lookAt }: World, theme: Theme): string {
  if (goals.length === 0 || lookAt !== undefined) return '';
  const count = (state: string): number => goals.filter((goal) => goal.state === state).length;
  const missed = count('missed');
  const text = `goals ${count('met')}/${goals.length}`;
  if (missed === 0) return theme.paint('ok', text);
  return `${theme.paint('plain', text)} ${theme.paint('bad', `! ${missed} missed`)}`;
}

/** The line under the tabs while the engine is busy or the past is shown; else empty. */
export function timeNotice(world: World, width: number, theme: Theme): string {
  const { progress } = world;
  if (progress !== undefined) {
    const percent = `${Math.floor(progress.part * 100)} %`;
    return theme.paint('warn', `${plain(progress.what)}: ${percent} done, Esc gives up`);
  }
  if (world.lookAt === undefined) return '';
  const { before, after } = world.frames.window;
  const text =
    `the past: ${clockOf(before.at)} to ${clockOf(after.at)}, now ${clockOf(world.at)}: ` +
    `$ now, ${world.plan?.real ? '' : 'ctrl+r rewinds, '}[ ] { } ^`;
  return theme.paint('warn', shorten(text, width, theme.glyph.more));
}
