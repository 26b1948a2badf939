import { InputError } from '../../core/errors.js';
import { findDeviceModel } from '../models/index.js';
import { type FirstLook, lookAt } from './first-look.js';
import { type Recording, reachBlocks } from './recording.js';
import { Score } from './score.js';
import { type Found, neighbour, type Search, type Settings, sweep } from './search.js';
import { brokenRule, startsFrom } from './starts.js';

export interface FitOptions {
  /** Name of a model that has the settings of a spinning disk. */
  readonly model: string;
  /** Blocks of the disk; without it, as far as the recording reaches. */
  readonly capacityBlocks?: number | undefined;
  /** Settings known from elsewhere: they stay as they are. */
  readonly given: Settings;
}

export interface Fit {
  readonly settings: Settings;
  readonly capacityBlocks: number;
  readonly look: FirstLook;
  /** What each setting rests on. */
  readonly basis: Readonly<Record<string, Basis>>;
  /** Models tried. */
  readonly tried: number;
}

/** Known from elsewhere; told by the recording; or a guess the recording says little about. */
export type Basis = 'given' | 'told' | 'guess';

/** Settings that are searched for, those that change most first; the others stay as they start. */
const FREE = [
  'lookAhead',
  'rereads',
  'writeCache',
  'seekAverage',
  'commandMiss',
  'commandRead',
  'commandWrite',
  'interfaceRate',
  'segments',
  'segmentSize',
  'seekFull',
  'seekTrack',
  'writeSettle',
  'rateOuter',
  'rateInner',
  'headSwitch',
] as const;
/** Relative steps from each start, and then from the best of them. */
const COARSE = [0.3, 0.15] as const;
const FINE = [0.3, 0.15, 0.08, 0.04, 0.02] as const;
/** A setting is told when this step away from it makes the score worse by that part. */
const TOLD_STEP = 0.5;
const TOLD = 0.01;
/** Fewer requests say too little. */
const REQUESTS_MIN = 200;

/**
 * Estimates the settings of a spinning disk from a recording with measured service times: a first look
 * without a model, then a search for the settings with which the model's distribution of service times
 * comes closest (`Score`). No chance in it: same recording, same answer.
 * @returns yields the part that is done, 0 to 1
 * @throws InputError for a model without such settings, too short a recording or one without times,
 * impossible settings
 */
export function* fitDrive(recording: Recording, options: FitOptions): Generator<number, Fit> {
  const { model, given } = options;
  const params = findDeviceModel(model)?.params;
  const lacking = FREE.find((name) => params?.[name] === undefined);
  if (params === undefined || lacking !== undefined) {
    throw InputError.of(model, 'is no spinning disk', 'a disk that can be fitted is hdd');
  }
  if (recording.count < REQUESTS_MIN) {
    const found = `${recording.count} requests, expected at least ${REQUESTS_MIN}`;
    throw InputError.of('', `too little to fit: ${found}`, 'use a longer recording, or more of it');
  }
  if (!recording.serviceNs.some((ns) => ns > 0)) {
    throw InputError.of('', 'nothing to fit: every measured service time is 0');
  }
  const capacityBlocks = options.capacityBlocks ?? reachBlocks(recording);
  const look = lookAt(recording, capacityBlocks);
  const scorer = new Score(recording, capacityBlocks);
  const search: Search = {
    params,
    free: FREE.filter((name) => !(name in given)),
    score: (settings) =>
      brokenRule(settings) === undefined
        ? scorer.of({ model, params: settings })
        : Number.POSITIVE_INFINITY,
  };
  const starts = bestStarts(search, startsFrom(look, params, given));
  const steps = (starts.length * COARSE.length + FINE.length) * search.free.length;
  let done = 0;
  let best: Found = { settings: starts[0], score: Number.POSITIVE_INFINITY };
  for (const start of starts) {
    for (const found of sweep(search, start, COARSE)) {
      if (found.score < best.score) best = found;
      yield done++ / steps;
    }
  }
  if (best.score === Number.POSITIVE_INFINITY) {
    throw InputError.of('', `no such disk: ${brokenRule(best.settings)}`);
  }
  for (const found of sweep(search, best.settings, FINE)) {
    best = found;
    yield done++ / steps;
  }
  const basis = basisOf(search, best, given);
  return { settings: best.settings, capacityBlocks, look, basis, tried: scorer.tried };
}

/** The best start of each speed and way of looking ahead: between these no small steps lead. */
function bestStarts(search: Search, starts: readonly Settings[]): Settings[] {
  const scored = starts.map((settings) => ({ settings, score: search.score(settings) }));
  scored.sort((one, other) => one.score - other.score);
  const kept = new Map<string, Settings>();
  for (const { settings } of scored) {
    const kind = `${settings.rpm} ${settings.lookAhead}`;
    if (!kept.has(kind)) kept.set(kind, settings);
  }
  return [...kept.values()];
}

function basisOf(search: Search, best: Found, given: Settings): Record<string, Basis> {
  const worse = (name: string): boolean => {
    const param = search.params[name];
    const value = best.settings[name];
    const others =
      param.words?.map((_, word) => word).filter((word) => word !== value) ??
      [true, false].map((up) => neighbour(param, value, TOLD_STEP, up));
    return others.every((other) => {
      const score = search.score({ ...best.settings, [name]: other });
      return score > best.score * (1 + TOLD);
    });
  };
  const basis: Record<string, Basis> = {};
  for (const name of Object.keys(search.params)) {
    if (name in given) basis[name] = 'given';
    else if (name === 'rpm') basis[name] = 'told';
    else basis[name] = search.free.includes(name) && worse(name) ? 'told' : 'guess';
  }
  return basis;
}
