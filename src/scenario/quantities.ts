import { z } from 'zod';
import { formatDuration, formatSize, parseDuration, parseSize } from '../engine/core/units.js';

/**
 * The scalars of a scenario: each is one schema that says what it expects. `undefined` from a reader
 * means "not this"; the message is then `expected <what>`.
 */
export function scalar<T>(expected: string, read: (value: unknown) => T | undefined) {
  return z.unknown().transform((input, context): T => {
    const value = input === undefined ? undefined : read(input);
    if (value === undefined) {
      context.issues.push({ code: 'custom', message: `expected ${expected}`, input });
      return z.NEVER;
    }
    return value;
  });
}

const within = (value: number | undefined, min: number, max: number): number | undefined =>
  value === undefined || value < min || value > max ? undefined : value;

/** A time with its unit, in ns; a bare 0 needs no unit. */
export function duration(min = '0s', max = '100d') {
  const [low, high] = [parseDuration(min) ?? 0, parseDuration(max) ?? 0];
  const range = `${formatDuration(low)} to ${formatDuration(high)}`;
  return scalar(`a time with its unit, such as 30s or 250us (${range})`, (value) =>
    within(readDuration(value), low, high),
  );
}

export function readDuration(value: unknown): number | undefined {
  if (value === 0) return 0;
  return typeof value === 'string' ? parseDuration(value) : undefined;
}

/** An amount of data, in bytes. */
export function size(min = '0B', max = '1024TiB') {
  const [low, high] = [parseSize(min) ?? 0, parseSize(max) ?? 0];
  return scalar(`a size, such as 40GiB (${formatSize(low)} to ${formatSize(high)})`, (value) =>
    within(readSize(value), low, high),
  );
}

function readSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  return typeof value === 'string' ? parseSize(value) : undefined;
}

/** A part of something: an amount of data, or a share of the whole. */
export type Part = { readonly bytes: number } | { readonly fraction: number };

export const part = scalar<Part>('a size such as 10GiB, or a share such as 80%', (value) => {
  const [, percent] = typeof value === 'string' ? (/^\s*(\d+(?:\.\d+)?)%$/.exec(value) ?? []) : [];
  if (percent !== undefined) {
    return Number(percent) <= 100 ? { fraction: Number(percent) / 100 } : undefined;
  }
  const bytes = within(readSize(value), 0, Number.MAX_SAFE_INTEGER);
  return bytes === undefined ? undefined : { bytes };
});

/** `part` of `whole`, down to a whole number of `unit` bytes. */
export function bytesOf(amount: Part, whole: number, unit: number): number {
  const bytes = 'bytes' in amount ? amount.bytes : whole * amount.fraction;
  return Math.floor(bytes / unit) * unit;
}

/** A whole number. */
export function integer(min: number, max: number) {
  return scalar(`a whole number from ${min} to ${max}`, (value) =>
    typeof value === 'number' && Number.isInteger(value) ? within(value, min, max) : undefined,
  );
}

export function number(min: number, max: number) {
  return scalar(`a number from ${min} to ${max}`, (value) =>
    typeof value === 'number' ? within(value, min, max) : undefined,
  );
}

/** Names stand in paths and targets, so they hold no separators. */
export const name = scalar('a name of letters, digits, ".", "_" and "-"', (value) => {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(text)
    ? text
    : undefined;
});

export const text = scalar('a text', (value) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined,
);

export const flag = scalar('true or false', (value) =>
  typeof value === 'boolean' ? value : undefined,
);

/** Bits or bytes per second, as bytes per second: `16Gbit`, `10Gbps`, `1200MB/s`. */
export const bandwidth = scalar('a bandwidth, such as 16Gbit or 1200MB/s', (value) => {
  if (typeof value !== 'string') return undefined;
  const [, amount, prefix] =
    /^\s*(\d+(?:\.\d+)?)\s*([MG])(?:bit\/s|bit|bps|b)\s*$/.exec(value) ?? [];
  if (amount !== undefined) {
    return within(Math.round((Number(amount) * (prefix === 'G' ? 1e9 : 1e6)) / 8), 1, 1e13);
  }
  const bytes = /^(.+)\/s\s*$/.exec(value)?.[1];
  return bytes === undefined ? undefined : within(parseSize(bytes), 1, 1e13);
});

/** Block sizes in fio's `bs` or `bssplit` form. */
export type BlockSizes = readonly { readonly bytes: number; readonly weight: number }[];

/** Largest guest I/O: what a virtual adapter takes in one command of many segments. */
const BLOCK_MAX = 32 * 1024 * 1024;

export const blockSizes = scalar<BlockSizes>(
  'block sizes in multiples of 512 B: 4k, or a mix such as 4k/60:64k/40',
  (value) => {
    const parts = String(value)
      .split(':')
      .map((item) => item.split('/'));
    const sizes: { bytes: number; weight: number }[] = [];
    const open: number[] = [];
    let given = 0;
    for (const [bytesText = '', weightText, ...rest] of parts) {
      const bytes = parseSize(/^\d+$/.test(bytesText) ? `${bytesText}B` : bytesText);
      const weight = weightText === undefined || weightText === '' ? 0 : Number(weightText);
      if (bytes === undefined || bytes % 512 !== 0 || bytes === 0 || bytes > BLOCK_MAX) {
        return undefined;
      }
      if (rest.length > 0 || !(weight >= 0 && weight <= 100)) return undefined;
      if (weight === 0) open.push(sizes.length);
      given += weight;
      sizes.push({ bytes, weight });
    }
    if (given > 100 || (open.length > 0 && given >= 100)) return undefined;
    // As in fio: sizes without a share divide what is left.
    for (const index of open) sizes[index]!.weight = (100 - given) / open.length;
    return sizes;
  },
);

/** Disk.SharesLow, Disk.SharesNormal, Disk.SharesHigh (stack-lower reference, 9.1). */
const SHARES: Readonly<Record<string, number>> = { low: 500, normal: 1000, high: 2000 };

export const shares = scalar('low, normal, high, or a number from 1 to 100000', (value) => {
  if (typeof value === 'number') return Number.isInteger(value) ? within(value, 1, 1e5) : undefined;
  return typeof value === 'string' ? SHARES[value] : undefined;
});

/** I/Os per second of 32 KB of a reservation or a limit; `none` is 0. */
export const iopsOrNone = scalar('I/Os per second, 0 to 10000000, or none', (value) =>
  value === 'none'
    ? 0
    : typeof value === 'number' && Number.isInteger(value)
      ? within(value, 0, 1e7)
      : undefined,
);

/** One of a few words. */
export function word<const T extends string>(words: readonly T[]) {
  return z.enum(words);
}

/** A list of which one item may stand alone. */
export function oneOrMore<T extends z.ZodType>(item: T) {
  return z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item),
  );
}
