import { InputError, type Problem } from './errors.js';
import { formatDuration, formatSize, parseDuration, parseSize } from './units.js';

/**
 * A setting described once: unit, default, limits and one line of help. Validation, `vmtop list`,
 * and generated configurations all read the same description.
 */
export interface Param {
  readonly unit: 'count' | 'ns' | 'bytes' | 'ratio' | 'word';
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  readonly help: string;
  /** The words of a param of unit `word`; its value is the place of one of them. */
  readonly words?: readonly string[];
}

export type Params = Readonly<Record<string, Param>>;
export type Values<P extends Params> = { readonly [Key in keyof P]: number };

/** A whole number. */
export function count(initial: number, min: number, max: number, help: string): Param {
  return { unit: 'count', initial, min, max, help };
}

/** A number with a fraction, such as a probability or a factor. */
export function ratio(initial: number, min: number, max: number, help: string): Param {
  return { unit: 'ratio', initial, min, max, help };
}

/** A time; the value is in nanoseconds. */
export function duration(initial: string, min: string, max: string, help: string): Param {
  const ns = (text: string): number => parseDuration(text) ?? Number.NaN;
  return { unit: 'ns', initial: ns(initial), min: ns(min), max: ns(max), help };
}

/** An amount of data; the value is in bytes. */
export function size(initial: string, min: string, max: string, help: string): Param {
  const bytes = (text: string): number => parseSize(text) ?? Number.NaN;
  return { unit: 'bytes', initial: bytes(initial), min: bytes(min), max: bytes(max), help };
}

/** One of a few words; the first is the default, the value is the word's place in the list. */
export function choice(words: readonly string[], help: string): Param {
  return { unit: 'word', initial: 0, min: 0, max: words.length - 1, help, words };
}

/** The value of a param for people, with its unit. */
export function formatParam(param: Param, value: number): string {
  if (param.unit === 'ns') return formatDuration(value);
  if (param.unit === 'bytes') return formatSize(value);
  if (param.unit === 'word') return param.words?.[value] ?? '';
  return String(value);
}

/**
 * Checks given settings against their description and fills in the defaults.
 * @param place where the settings stand, for the message
 * @param problems receives everything that is wrong; the result is usable only if none was added
 */
export function readParams<P extends Params>(
  params: P,
  given: Readonly<Record<string, string | number>>,
  place: string,
  problems: Problem[],
): Values<P> {
  const values: Record<string, number> = {};
  for (const [name, param] of Object.entries(params)) {
    const raw = given[name];
    const value = raw === undefined ? param.initial : readValue(param, raw);
    const limits = `in the range ${formatParam(param, param.min)} to ${formatParam(param, param.max)}`;
    const expected = param.words === undefined ? limits : `one of ${param.words.join(', ')}`;
    if (value === undefined || value < param.min || value > param.max) {
      problems.push({
        place: `${place}.${name}`,
        message: `${JSON.stringify(raw)} is not ${expected}`,
        hint: `${param.help}; default ${formatParam(param, param.initial)}`,
      });
    }
    values[name] = value ?? param.initial;
  }
  for (const name of Object.keys(given)) {
    if (name in params) continue;
    problems.push({
      place: `${place}.${name}`,
      message: 'unknown setting',
      hint: `known here: ${Object.keys(params).join(', ') || 'none'}`,
    });
  }
  return values as Values<P>;
}

/**
 * Checks settings that are numbers in base units (ns, bytes), as commands carry them.
 * @param place whose settings they are, for the message
 * @throws InputError with everything that is wrong
 */
export function checkValues(
  params: Params,
  given: Readonly<Record<string, number>>,
  place: string,
): void {
  const problems = Object.entries(given).flatMap(([name, value]): Problem[] => {
    const param = params[name];
    const at = `${place}.${name}`;
    if (param === undefined) {
      const hint = `known here: ${Object.keys(params).join(', ') || 'none'}`;
      return [{ place: at, message: 'unknown setting', hint }];
    }
    if (value >= param.min && value <= param.max) return [];
    const limits = `${formatParam(param, param.min)} to ${formatParam(param, param.max)}`;
    return [{ place: at, message: `${value} is not in the range ${limits}`, hint: param.help }];
  });
  if (problems.length > 0) throw new InputError(problems);
}

function readValue(param: Param, raw: string | number): number | undefined {
  if (typeof raw === 'number') {
    if (param.unit === 'count' || param.unit === 'bytes' || param.unit === 'word')
      return Number.isInteger(raw) ? raw : undefined;
    return param.unit === 'ns' ? undefined : raw;
  }
  if (param.unit === 'ns') return parseDuration(raw);
  if (param.unit === 'bytes') return parseSize(raw);
  if (param.words !== undefined) {
    const place = param.words.indexOf(raw);
    return place < 0 ? undefined : place;
  }
  const value = Number(raw);
  return raw.trim() === '' || Number.isNaN(value) ? undefined : value;
}
