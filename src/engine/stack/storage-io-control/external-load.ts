/** The rate may fall this far below what it was at first before others are blamed. Model. */
const RATE_LEFT = 0.75;
/** Windows count as used up when this part of them is outstanding. Model. */
const WINDOW_USED = 0.8;
/** So many steps in a row have to show it. Model. */
const STEPS = 3;

/** What all hosts that take part saw together in one period. */
export interface Observation {
  /** Latency is above the threshold, or has been lately. */
  readonly congested: boolean;
  /** Commands per second, in small ones. */
  readonly rate: number;
  /** Commands at the datastore on average, and what the windows allow. */
  readonly outstanding: number;
  readonly windows: number;
}

/**
 * Tells a load that Storage I/O Control does not manage: another host, or another use of the same
 * disks. A datastore serves about the same rate whatever the length of its queue; when smaller
 * windows cost the hosts a good part of their rate, someone else has got it.
 */
export class ExternalLoad {
  /**
   * The two best rates since the congestion began. The second is what counts: one alone may be a
   * write cache that was still taking everything.
   */
  private best = 0;
  private second = 0;
  private steps = 0;

  /** True when the load of others has shown in enough steps; the watch then starts over. */
  observe({ congested, rate, outstanding, windows }: Observation): boolean {
    if (!congested) {
      this.reset();
      return false;
    }
    this.second = Math.max(this.second, Math.min(this.best, rate));
    this.best = Math.max(this.best, rate);
    const isLost = rate < RATE_LEFT * this.second && outstanding >= WINDOW_USED * windows;
    this.steps = isLost ? this.steps + 1 : 0;
    if (this.steps < STEPS) return false;
    this.reset();
    return true;
  }

  private reset(): void {
    this.best = 0;
    this.second = 0;
    this.steps = 0;
  }
}
