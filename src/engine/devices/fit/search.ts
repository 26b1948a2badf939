import type { Param, Params } from '../../core/params.js';

export type Settings = Readonly<Record<string, number>>;

/** Settings and how bad they are, ns. */
export interface Found {
  readonly settings: Settings;
  readonly score: number;
}

export interface Search {
  readonly params: Params;
  /** Settings that may change, in the order in which they are tried. */
  readonly free: readonly string[];
  /** How bad settings are; lower is better, Infinity is impossible. */
  score(settings: Settings): number;
}

/** A change counts when it makes the score better by this part: a smaller gain is chance. */
const WORTH = 0.001;
/** Digits kept of a setting: what is written down is what was tried. */
const DIGITS = 4;

/**
 * Coordinate search: each setting in turn is moved up and down, what helps is kept, and the steps
 * shrink from sweep to sweep. Of words all are tried. Same start, same answer.
 * @param steps relative steps, one sweep each
 * @returns the best so far, after each setting
 */
export function* sweep(
  search: Search,
  start: Settings,
  steps: readonly number[],
): Generator<Found, void> {
  let best: Found = { settings: start, score: search.score(start) };
  for (const step of steps) {
    for (const name of search.free) {
      best = improve(search, best, name, step);
      yield best;
    }
  }
}

function improve(search: Search, from: Found, name: string, step: number): Found {
  const param = search.params[name];
  if (param.words !== undefined) {
    return param.words.reduce((best, _, word) => attempt(search, best, name, word), from);
  }
  let best = from;
  for (const up of [true, false]) {
    // On in this direction as long as it helps.
    for (;;) {
      const next = attempt(search, best, name, neighbour(param, best.settings[name], step, up));
      if (next === best) break;
      best = next;
    }
  }
  return best;
}

function attempt(search: Search, best: Found, name: string, value: number): Found {
  if (value === best.settings[name]) return best;
  const settings = { ...best.settings, [name]: value };
  const score = search.score(settings);
  return score < best.score * (1 - WORTH) ? { settings, score } : best;
}

/** The next value to try, within the param's limits; counts move by at least one. */
export function neighbour(param: Param, value: number, step: number, up: boolean): number {
  const moved = round(up ? value * (1 + step) : value / (1 + step));
  const small = param.unit === 'count' && Math.abs(moved - value) < 1;
  const next = small ? value + (up ? 1 : -1) : moved;
  return within(param, next);
}

/** The nearest value a setting may have. */
export function within(param: Param, value: number): number {
  const whole = param.unit === 'ratio' ? value : Math.round(value);
  return Math.min(param.max, Math.max(param.min, whole));
}

/** To as many digits as are kept. */
export function round(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
