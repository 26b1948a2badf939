import type { Stream } from '../core/random.js';
import type { JobPlan } from '../plan/plan.js';

/** How an open-loop job asks; `rateIops` 0 and no burst is a closed loop. */
export type OpenPace = Pick<JobPlan, 'rateIops' | 'rateProcess' | 'burst'>;

/** Commands that arrive in a second, a burst that has begun counting whole; 0 for a closed loop. */
export function arrivalsPerSecond({ rateIops, burst }: OpenPace): number {
  return burst === undefined ? rateIops : burst.count * Math.ceil(1e9 / burst.everyNs);
}

/**
 * The arrivals of an open loop: how long after one the next comes, and how many commands each is.
 *
 * - poisson: exponential gaps, so the past tells nothing about the next;
 * - linear: all gaps the same, the first arrival at once;
 * - bursts: many commands at the same instant, then nothing for the rest of the period.
 */
export class Arrivals {
  /** Commands at each arrival. */
  readonly count: number;
  /** True when the first arrival comes with the start, and not a gap later. */
  readonly atOnce: boolean;
  private readonly meanNs: number;

  /** @param stream draws of poisson arrivals */
  constructor(
    private readonly stream: Stream,
    { rateIops, rateProcess, burst }: OpenPace,
  ) {
    this.count = burst?.count ?? 1;
    this.meanNs = burst?.everyNs ?? 1e9 / rateIops;
    this.atOnce = burst !== undefined || rateProcess === 'linear';
  }

  /** Time to the next arrival, ns; with its fraction, so that the rate is exact. */
  gap(): number {
    return this.atOnce ? this.meanNs : this.stream.exponential(this.meanNs);
  }
}
