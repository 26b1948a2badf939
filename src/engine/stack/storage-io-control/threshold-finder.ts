import type { Sim } from '../../core/sim.js';
import type { DatastoreControl } from './datastore-control.js';
import type { Injector, Level } from './injector.js';

/** Range of a congestion threshold (stack-lower reference, 10.3). */
const THRESHOLD_MIN_NS = 5_000_000;
const THRESHOLD_MAX_NS = 100_000_000;

/**
 * The latency at a part of the peak throughput, between the two numbers of outstanding commands on
 * either side of it; 0 when nothing was done.
 * @param levels by rising number of outstanding commands
 * @param part of the peak, 0..1
 */
export function latencyAtPart(levels: readonly Level[], part: number): number {
  const peak = peakOf(levels);
  if (peak === 0) return 0;
  const target = part * peak;
  const above = levels.findIndex(({ ratePerSecond }) => ratePerSecond >= target);
  const upper = levels[above];
  if (above === 0) return upper.latencyNs;
  const lower = levels[above - 1];
  const way = (target - lower.ratePerSecond) / (upper.ratePerSecond - lower.ratePerSecond);
  return lower.latencyNs + way * (upper.latencyNs - lower.latencyNs);
}

function peakOf(levels: readonly Level[]): number {
  return Math.max(0, ...levels.map(({ ratePerSecond }) => ratePerSecond));
}

export interface ThresholdFinderOptions {
  /** Percentage of peak throughput. */
  readonly percentOfPeak: number;
  /** Outstanding reads go from 1 to this, doubling. */
  readonly most: number;
}

/**
 * Automatic mode: one host reads from the idle datastore with more and more outstanding, and the
 * threshold becomes the latency at which the datastore gives most of its peak throughput
 * (stack-lower 10.3).
 */
export class ThresholdFinder {
  private readonly levels: Level[] = [];

  constructor(
    sim: Sim,
    private readonly options: ThresholdFinderOptions,
    private readonly datastore: DatastoreControl,
    private readonly injector: Injector,
  ) {
    sim.timers.delay(0, () => this.measure(1));
  }

  private measure(outstanding: number): void {
    const { most } = this.options;
    this.injector.measure(outstanding, (level) => {
      this.levels.push(level);
      if (outstanding < most) this.measure(Math.min(most, 2 * outstanding));
      else this.decide();
    });
  }

  private decide(): void {
    const { percentOfPeak } = this.options;
    const { levels, datastore } = this;
    const measured = latencyAtPart(levels, percentOfPeak / 100);
    const latency = Math.round(Math.min(THRESHOLD_MAX_NS, Math.max(THRESHOLD_MIN_NS, measured)));
    const found = `${(measured / 1e6).toFixed(1)} ms at ${percentOfPeak} % of peak throughput`;
    datastore.setThreshold(latency, `${found}, ${peakOf(levels).toFixed(0)} reads per second`);
  }
}
