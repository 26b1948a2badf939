/** PARDA in equilibrium, in closed form (stack-lower reference, 10.1): what runs are compared with. */

/**
 * Where latency and windows settle while the datastore serves `ratePerSecond` commands whatever the
 * length of its queue, and no bound is in the way: the windows add up to rate times latency.
 */
export function fixedPoint(
  thresholdNs: number,
  ratePerSecond: number,
  betas: readonly number[],
): { latencyNs: number; windows: number[] } {
  const sum = betas.reduce((total, beta) => total + beta, 0);
  const excessNs = (sum / ratePerSecond) * 1e9;
  const latencyNs = thresholdNs + excessNs;
  return { latencyNs, windows: betas.map((beta) => (beta * latencyNs) / excessNs) };
}
