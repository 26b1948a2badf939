import { InputError } from '../engine/core/errors.js';
import { parseDuration } from '../engine/core/units.js';
import { readTiming } from '../scenario/timing.js';

/** Values of options, as people write them; a wrong one is bad input. */

export function readSeed(text: string | undefined): number | undefined {
  return readInteger('--seed', text, 0, 0xffffffff);
}

export function readInteger(
  option: string,
  text: string | undefined,
  min: number,
  max: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw InputError.of(option, `expected a whole number from ${min} to ${max}, found "${text}"`);
}

/** Seconds as esxtop takes them, or a time with its unit; in ms. */
export function readDelay(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1e9 : parseDuration(text);
  const ms = (seconds ?? 0) / 1e6;
  if (ms >= 50 && ms <= 60_000) return ms;
  throw InputError.of('--delay', `expected seconds from 0.05 to 60, found "${text}"`);
}

/** A time above zero, in ns. */
export function readSpan(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = parseDuration(text);
  if (value !== undefined && value > 0 && value <= Number.MAX_SAFE_INTEGER) return value;
  throw InputError.of(
    option,
    `expected a time with its unit, found "${text}"`,
    'for example 30s or 500ms',
  );
}

/** Speed of a replay: 1 original, 0 as fast as possible. */
export function readTimingOption(text: string | undefined): number {
  const scale = readTiming(text ?? 'original');
  if (scale !== undefined) return scale;
  throw InputError.of(
    '--timing',
    `expected original, asap or a factor such as 2x, found "${text}"`,
  );
}

/** A session says itself what is run. */
export function onlySession(args: {
  readonly scenario?: string | undefined;
  readonly seed?: string | undefined;
}): void {
  const other = args.scenario ?? (args.seed === undefined ? undefined : '--seed');
  if (other === undefined) return;
  throw InputError.of('--session', `a session has its own scenario and seed, found ${other} too`);
}
