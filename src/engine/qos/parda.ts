/**
 * The control law of PARDA, which Storage I/O Control follows (stack-lower reference, section 10):
 * every host lowers or raises the number of commands it has at a shared datastore, by itself, from
 * nothing but the average latency of all hosts and its own shares.
 */

/** Smoothing of the latency: the paper's value, which keeps almost no history (10.1). */
export const PARDA_ALPHA = 0.002;
/** How far a window moves towards its new value in one step: the paper's value (10.1). */
export const PARDA_GAMMA = 0.8;
/** Least window of a host, commands: from memory (10.1). */
export const WINDOW_MIN = 4;
/** Shares that count as 1 in `beta`: a virtual disk of normal shares. Model. */
const SHARES_OF_BETA = 1000;
/**
 * The sum of all betas over the datastore's rate is how far the latency settles above the threshold.
 * It is kept between these parts of the threshold: more disturbs the latency, less makes the split
 * among hosts slow to come about (10.1 says 3 to 10 %).
 */
const EXCESS_MIN = 0.06;
const EXCESS_MAX = 0.1;
/**
 * Latency of a large command as if it were a small one: Tm + S / Bp with the constants of 9.4, from
 * memory: 5 ms of overhead, 60 MB/s of peak bandwidth.
 */
const OVERHEAD_BYTES = 0.005 * 60e6;

/** Exponentially weighted mean of the latency; `before` undefined is the first measurement. */
export function smoothLatency(latency: number, before: number | undefined): number {
  return before === undefined ? latency : (1 - PARDA_ALPHA) * latency + PARDA_ALPHA * before;
}

export interface WindowBounds {
  readonly min: number;
  readonly max: number;
}

/**
 * A host's window for the next period, in commands (a fraction counts).
 * @param latency of the whole datastore, in the unit of `threshold`; 0 when nothing was measured
 * @param beta commands the host adds in each step: its shares, scaled by `betaScale`
 */
export function nextWindow(
  window: number,
  latency: number,
  threshold: number,
  beta: number,
  { min, max }: WindowBounds,
): number {
  if (latency <= 0) return max;
  const target = (threshold / latency) * window + beta;
  const next = (1 - PARDA_GAMMA) * window + PARDA_GAMMA * target;
  return Math.min(max, Math.max(min, next));
}

/** A virtual disk (or machine) of a host: its shares, and the commands it had outstanding on average. */
export interface Demand {
  readonly shares: number;
  readonly outstanding: number;
}

/**
 * Shares that each disk makes use of (10.2): one that has fewer commands outstanding than its part of
 * the host's window counts only for the part it uses.
 */
export function activeShares(window: number, disks: readonly Demand[]): number[] {
  const sum = disks.reduce((total, { shares }) => total + shares, 0);
  return disks.map(({ shares, outstanding }) => {
    const part = (window * shares) / sum;
    return outstanding < part ? (shares * outstanding) / part : shares;
  });
}

/**
 * What a host's active shares are multiplied by to give its beta.
 * @param sumShares active shares of all hosts
 * @param ratePerSecond commands the datastore serves
 */
export function betaScale(sumShares: number, thresholdNs: number, ratePerSecond: number): number {
  if (sumShares <= 0) return 0;
  const unit = (ratePerSecond * thresholdNs) / 1e9;
  const sum = Math.min(Math.max(sumShares / SHARES_OF_BETA, EXCESS_MIN * unit), EXCESS_MAX * unit);
  return sum / sumShares;
}

/**
 * How much longer a command of `bytes` takes than one of a single unit of cost: latencies divided by
 * it can be compared with a threshold that is meant for small commands. 1 up to a unit.
 */
export function sizeFactor(bytes: number, unitBytes: number): number {
  return Math.max(1, (OVERHEAD_BYTES + bytes) / (OVERHEAD_BYTES + unitBytes));
}
