/** Latency over time as a map: time to the right, latency upward, density by character and colour. */
import { GAVG_LIMITS } from '../../../engine/views/kit/fields.js';
import { bandStart, type HeatColumn } from '../../heat.js';
import type { Theme, Tone } from '../../theme.js';

const AXIS = 10;
const SHADES = '░▒▓█';
const TONES: readonly Tone[] = ['dim', 'graph', 'accent', 'warn'];
const NS_PER_MS = 1e6;

/** @param columns oldest first, one for each refresh; those that do not fit are left out */
export function heatRows(
  columns: readonly HeatColumn[],
  width: number,
  height: number,
  theme: Theme,
): string[] {
  const shown = columns.slice(-Math.max(1, width - AXIS - 1));
  const span = ((shown.at(-1)?.at ?? 0) - (shown[0]?.at ?? 0)) / 1e9;
  const about = `commands by latency, last ${span.toFixed(0)} s; ${legend(theme)}`;
  const title = `${theme.paint('title', 'Latency over time')} ${theme.paint('dim', about)}`;
  const used = usedBands(shown);
  if (used === undefined) return [title, theme.paint('dim', '  no command has ended yet')];
  const rows = Math.max(1, height - 1);
  const each = Math.ceil((used.to - used.from + 1) / rows);
  const lines: { band: number; counts: number[] }[] = [];
  for (let band = used.from; band <= used.to; band += each) {
    lines.push({ band, counts: shown.map(({ bands }) => sum(bands.slice(band, band + each))) });
  }
  const most = Math.max(...lines.flatMap(({ counts }) => counts));
  lines.reverse();
  return [title, ...lines.map((line) => heatRow(line, most, theme))];
}

function heatRow(
  { band, counts }: { readonly band: number; readonly counts: readonly number[] },
  most: number,
  theme: Theme,
): string {
  const ms = bandStart(band) / NS_PER_MS;
  const [warn, bad] = GAVG_LIMITS;
  const level = ms >= bad ? 2 : ms >= warn ? 1 : 0;
  const mark = [' ', '*', '!'][level] ?? ' ';
  const tone: Tone = (['dim', 'warn', 'bad'] as const)[level] ?? 'dim';
  const label = `${mark}${duration(ms)}`.padStart(AXIS);
  return `${theme.paint(tone, label)} ${cells(counts, most, theme)}`;
}

/** Neighbours that look the same are painted together. */
function cells(counts: readonly number[], most: number, theme: Theme): string {
  const glyphs = densities(theme);
  let out = '';
  let run = '';
  let runTone: Tone = 'plain';
  for (const count of counts) {
    const step = densityOf(count, most, glyphs.length);
    const tone: Tone =
      step === 0
        ? 'plain'
        : (TONES[Math.floor(((step - 1) * TONES.length) / glyphs.length)] ?? 'plain');
    if (tone !== runTone) {
      out += theme.paint(runTone, run);
      run = '';
      runTone = tone;
    }
    run += step === 0 ? ' ' : (glyphs[step - 1] ?? ' ');
  }
  return out + theme.paint(runTone, run);
}

/** Logarithmic, so that the one slow command among thousands is seen; 0 is none. */
export function densityOf(count: number, most: number, steps: number): number {
  if (count <= 0) return 0;
  if (most <= 1) return steps;
  return Math.min(steps, 1 + Math.floor((Math.log(count) / Math.log(most)) * (steps - 1) + 1e-9));
}

function densities(theme: Theme): readonly string[] {
  return [...(theme.glyph.braille ? SHADES : theme.glyph.levels)];
}

function legend(theme: Theme): string {
  const glyphs = densities(theme);
  return `${glyphs[0]} few ${glyphs.at(-1)} many`;
}

function usedBands(columns: readonly HeatColumn[]): { from: number; to: number } | undefined {
  let from = Number.POSITIVE_INFINITY;
  let to = -1;
  for (const { bands } of columns) {
    for (const [band, count] of bands.entries()) {
      if (count === 0) continue;
      from = Math.min(from, band);
      to = Math.max(to, band);
    }
  }
  return to < 0 ? undefined : { from, to };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1) return `${ms.toFixed(ms >= 10 ? 0 : 1)} ms`;
  return `${(ms * 1000).toFixed(0)} us`;
}
