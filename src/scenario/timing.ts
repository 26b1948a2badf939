/** Speed of a replay as people write it: 1 is original, 2 for `2x`, 0 as soon as possible. */
export function readTiming(value: unknown): number | undefined {
  if (value === 'original') return 1;
  if (value === 'asap') return 0;
  const [, factor] = typeof value === 'string' ? (/^(\d+(?:\.\d+)?)x$/.exec(value) ?? []) : [];
  const scale = Number(factor);
  return scale >= 0.001 && scale <= 1e6 ? scale : undefined;
}
