/** Text with units to numbers and back: `20us` to nanoseconds, `64KiB` to bytes, `8kIOPS` is not ours. */

const DURATIONS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  min: 60e9,
  h: 3600e9,
  d: 86400e9,
};

const KI = 1024;
const SIZES: Readonly<Record<string, number>> = {
  B: 1,
  k: KI,
  K: KI,
  KiB: KI,
  KB: KI,
  m: KI * KI,
  M: KI * KI,
  MiB: KI * KI,
  MB: KI * KI,
  g: KI * KI * KI,
  G: KI * KI * KI,
  GiB: KI * KI * KI,
  GB: KI * KI * KI,
  T: KI * KI * KI * KI,
  TiB: KI * KI * KI * KI,
  TB: KI * KI * KI * KI,
};

const QUANTITY = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$/;

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit] = QUANTITY.exec(text) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const factor = units[unit];
  return factor === undefined ? undefined : Math.round(Number(number) * factor);
}

/** `1.5ms` to nanoseconds; units ns us ms s m min h d; undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  return parse(text, DURATIONS);
}

/** `64KiB` to bytes; powers of 1,024 as storage people write them; undefined when it is no size. */
export function parseSize(text: string): number | undefined {
  return parse(text, SIZES);
}

/** Nanoseconds for people: `140 s`, `1.25 ms`, `20 us`. */
export function formatDuration(ns: number): string {
  const [unit, factor] =
    ns >= 1e9 ? ['s', 1e9] : ns >= 1e6 ? ['ms', 1e6] : ns >= 1e3 ? ['us', 1e3] : ['ns', 1];
  return `${Number((ns / (factor as number)).toFixed(2))} ${unit}`;
}

/** Bytes for people, in powers of 1,024: `1.5 TB`, `64 KB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 'B';
  for (const next of ['KB', 'MB', 'GB', 'TB', 'PB']) {
    if (value < KI) break;
    value /= KI;
    unit = next;
  }
  return `${Number(value.toFixed(value < 10 ? 2 : 1))} ${unit}`;
}
