/** Reports over the whole screen: the goals of a drill with the score, two branches compared. */
import { formatDuration } from '../../engine/core/units.js';
import { comparisonLines } from '../../output/compare.js';
import { scoreLines } from '../../output/score.js';
import { UNBOUNDED } from '../../scenario/plan/expectations.js';
import { clockOf } from '../events.js';
import type { Report } from '../state.js';
import { cut, plain, wrap } from '../text.js';
import type { Theme, Tone } from '../theme.js';
import type { World } from '../world.js';
import type { Goal } from './messages.js';

export function reportRows(
  { about, scroll }: Report,
  world: World,
  width: number,
  height: number,
  theme: Theme,
): string[] {
  const rows =
    about === 'goals' ? goalRows(world, width, theme) : comparisonRows(world, width, theme);
  const first = Math.min(scroll, Math.max(0, rows.length - height));
  return rows.slice(first, first + height);
}

const MARKS: Readonly<Record<Goal['state'], readonly [mark: string, tone: Tone]>> = {
  'not yet': [' ', 'plain'],
  met: ['+', 'ok'],
  missed: ['!', 'bad'],
};
const STATE_WIDTH = 8;

function goalRows({ goals, score }: World, width: number, theme: Theme): string[] {
  const rows = [theme.paint('title', score === null ? 'Goals' : 'Goals: the drill is over')];
  for (const goal of goals) {
    const [mark, tone] = MARKS[goal.state];
    const lines = wrap(plain(`${goal.text}${figures(goal)}`), width - STATE_WIDTH - 4);
    for (const [index, line] of lines.entries()) {
      const state = index === 0 ? `${mark} ${goal.state}` : '';
      rows.push(` ${theme.paint(tone, state.padEnd(STATE_WIDTH + 2))} ${line}`);
    }
  }
  if (score === null) return rows;
  const [first = '', ...others] = scoreLines(score);
  return [...rows, '', theme.paint('title', first), ...others];
}

function figures({ state, value, unit, min, max, dueNs }: Goal): string {
  const show = (number: number): string =>
    unit === 'ns' ? formatDuration(number) : String(Math.round(number));
  const range =
    max === UNBOUNDED
      ? `at least ${show(min)}`
      : min === 0
        ? `at most ${show(max)}`
        : `${show(min)} to ${show(max)}`;
  const due = dueNs === null ? '' : `, by ${clockOf(dueNs)}`;
  if (state === 'not yet') return ` (${range}${due})`;
  return ` (${value === null ? 'did not happen' : show(value)}; ${range})`;
}

function comparisonRows({ comparison }: World, width: number, theme: Theme): string[] {
  if (comparison === undefined) return [theme.paint('dim', 'nothing has been compared yet')];
  const lines = comparisonLines(comparison, width);
  const tables = lines.indexOf('');
  return [
    ...lines.slice(0, tables).flatMap((line, index) => {
      const wrapped = wrap(plain(line), width);
      return index === 0 ? wrapped.map((text) => theme.paint('title', text)) : wrapped;
    }),
    ...lines.slice(tables).map((line) => {
      const text = cut(plain(line), 0, width);
      return /^(VM|device) /.test(line) ? theme.paint('head', text) : text;
    }),
  ];
}
