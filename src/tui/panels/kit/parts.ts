/** The parts of a latency as one bar of letters and as a table. */
import type { BreakdownFigures, PartFigures } from '../../../engine/views/kit/breakdown.js';
import type { Theme, Tone } from '../../theme.js';

const NAME_WIDTH = 14;
const BAR_WIDTH_MAX = 60;
/** From this width on there is room to say what a part is made of. */
const WORDS_FROM = 96;
const WORDS_WIDTH = 38;
/** A part of this much of the whole is where to look. */
const NOTABLE = 0.25;

/**
 * A bar of `width` letters, each part with as many as its share; a part that took any time at all
 * and has no room is left out, the largest takes what rounding leaves.
 */
export function stackedBar({ parts }: BreakdownFigures, width: number, theme: Theme): string {
  return segments(parts, width)
    .map(({ part, cells }) => theme.paint(toneOf(part), part.letter.repeat(cells)))
    .join('');
}

interface Segment {
  readonly part: PartFigures;
  readonly cells: number;
}

/** Ends of parts are rounded, not their lengths: so the bar is as long as it should be. */
function segments(parts: readonly PartFigures[], width: number): Segment[] {
  let share = 0;
  let from = 0;
  return parts.flatMap((part) => {
    share += part.share;
    const to = Math.round(share * width);
    const cells = to - from;
    from = to;
    return cells > 0 ? [{ part, cells }] : [];
  });
}

/** Time in the VMkernel stands out against time below it; letters tell the rest. */
function toneOf(part: PartFigures): Tone {
  if (part.kernel) return part.share >= NOTABLE ? 'warn' : 'accent';
  return part.share >= NOTABLE ? 'strong' : 'graph';
}

/**
 * One line per part: letter, name, ms, share, and where on the way it lies.
 * @param brief leaves out parts that took no time
 */
export function partRows(
  figures: BreakdownFigures,
  width: number,
  brief: boolean,
  theme: Theme,
): string[] {
  const words = width >= WORDS_FROM ? WORDS_WIDTH : 0;
  const room = width - NAME_WIDTH - 26 - words;
  const barWidth = Math.min(BAR_WIDTH_MAX, Math.max(4, room));
  const titles = `${'LAYER'.padEnd(NAME_WIDTH)}   ms/cmd      %  `;
  const way = 'from guest to platter'.slice(0, barWidth).padEnd(barWidth);
  const head = `    ${theme.paint('head', titles + way)}`;
  let from = 0;
  let share = 0;
  const parts = brief ? figures.parts.filter(({ ms }) => ms > 0) : figures.parts;
  const rows = parts.map((part) => {
    share += part.share;
    const to = Math.round(share * barWidth);
    const bar = `${' '.repeat(from)}${part.letter.repeat(to - from)}`.padEnd(barWidth);
    from = to;
    const notable = part.share >= NOTABLE;
    const tone: Tone = part.ms === 0 ? 'dim' : notable ? 'strong' : 'plain';
    const mark = theme.paint('accent', notable ? theme.glyph.pointer : ' ');
    const numbers = `${part.ms.toFixed(3).padStart(9)} ${(part.share * 100).toFixed(1).padStart(6)}`;
    const text = theme.paint(tone, part.title.padEnd(NAME_WIDTH) + numbers);
    const about = words > 0 ? `  ${theme.paint('dim', part.words)}` : '';
    return `${mark} ${theme.paint(toneOf(part), part.letter)} ${text}  ${theme.paint(toneOf(part), bar)}${about}`;
  });
  return [head, ...rows, sumRow(figures, theme)];
}

function sumRow({ parts, ms }: BreakdownFigures, theme: Theme): string {
  const of = (kernel: boolean): number =>
    parts.reduce((sum, part) => sum + (part.kernel === kernel ? part.ms : 0), 0);
  const sum = `${'together'.padEnd(NAME_WIDTH)}${ms.toFixed(3).padStart(9)}`;
  const kernel = `kernel ${of(true).toFixed(3)}, driver and below ${of(false).toFixed(3)}`;
  return `    ${theme.paint('strong', sum)}         ${theme.paint('dim', kernel)}`;
}
