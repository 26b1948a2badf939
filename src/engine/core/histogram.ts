/**
 * Log-linear latency buckets: 16 per octave from 64 ns to about 550 s, so a value lies within 3.1 %
 * of its bucket's middle. Bucket 0 takes everything shorter, the last everything longer.
 */
const SUB_BITS = 4;
const SUB = 1 << SUB_BITS;
const FIRST_OCTAVE = 6;
const OCTAVES = 33;
export const HISTOGRAM_BUCKETS = OCTAVES * SUB + 1;

/** Bucket of a latency in ns. */
export function bucketOf(ns: number): number {
  // The octave comes from a 32-bit word; longer times are scaled into one first.
  let value = ns;
  let octave = -FIRST_OCTAVE;
  if (value >= 0x80000000) {
    value = value / 0x10000;
    octave += 16;
  }
  const word = value | 0;
  const high = 31 - Math.clz32(word);
  octave += high;
  if (octave < 0) return 0;
  if (octave >= OCTAVES) return HISTOGRAM_BUCKETS - 1;
  return 1 + (octave << SUB_BITS) + ((word >>> (high - SUB_BITS)) & (SUB - 1));
}

/** Lower bound of a bucket, ns; the bucket ends where the next one begins. */
export function bucketStart(bucket: number): number {
  if (bucket === 0) return 0;
  const octave = (bucket - 1) >>> SUB_BITS;
  let width = 1 << (FIRST_OCTAVE - SUB_BITS);
  for (let step = 0; step < octave; step++) width *= 2;
  return width * (SUB + ((bucket - 1) & (SUB - 1)));
}

/**
 * The latency below which `fraction` of the counted commands lie, ns, linear inside a bucket;
 * 0 when nothing was counted.
 * @param counts one count per bucket, possibly the difference of two samples
 */
export function quantile(counts: ArrayLike<number>, fraction: number): number {
  let total = 0;
  for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) total += counts[bucket] ?? 0;
  if (total === 0) return 0;
  let before = 0;
  for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
    const count = counts[bucket] ?? 0;
    if (count > 0 && before + count >= fraction * total) {
      const start = bucketStart(bucket);
      return start + ((fraction * total - before) / count) * (bucketStart(bucket + 1) - start);
    }
    before += count;
  }
  return bucketStart(HISTOGRAM_BUCKETS - 1);
}
