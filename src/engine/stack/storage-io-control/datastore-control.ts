import type { Sim } from '../../core/sim.js';
import { formatDuration } from '../../core/units.js';
import type { SiocPlan } from '../../plan/plan.js';
import { ExternalLoad, type Observation } from './external-load.js';
import type { StatisticsBlock } from './site.js';

/** So many periods without congestion, and it is over: the latency hovers about the threshold. Model. */
const CALM_PERIODS = 3;
/** How long throttling is suspended for a load from outside: 15 periods, a minute. Model. */
const SUSPENDED_PERIODS = 15;

/**
 * What the hosts of a datastore have in common: the blocks of the statistics file as they stand on
 * disk, and what is known of the datastore as a whole.
 */
export class DatastoreControl {
  /** By slot of the host; undefined where none was ever written. */
  readonly blocks: (StatisticsBlock | undefined)[];
  thresholdNs: number;
  congested = false;
  /** When the congestion was found, ns. */
  congestedAt = 0;

  private readonly external = new ExternalLoad();
  private suspendedUntil = 0;
  private calmPeriods = 0;

  constructor(
    private readonly sim: Sim,
    readonly datastore: string,
    readonly plan: SiocPlan,
    hosts: number,
  ) {
    this.blocks = new Array<StatisticsBlock | undefined>(hosts).fill(undefined);
    this.thresholdNs = plan.thresholdNs;
  }

  /** Windows are not lowered for now: a load from outside would only take what hosts give up. */
  get suspended(): boolean {
    return this.sim.now < this.suspendedUntil;
  }

  setThreshold(thresholdNs: number, why: string): void {
    this.thresholdNs = thresholdNs;
    const what = `congestion threshold is ${formatDuration(thresholdNs)}`;
    this.sim.log.note('sioc.threshold', this.datastore, what, why);
  }

  /** The latency of the whole datastore, once a period, as one of the hosts has read it. */
  noteLatency(latencyNs: number): void {
    if (latencyNs > this.thresholdNs) {
      this.calmPeriods = 0;
      if (this.congested) return;
      this.congested = true;
      this.congestedAt = this.sim.now;
      const what = this.plan.enforced ? 'hosts share by windows' : 'statistics only';
      this.sim.log.note('sioc.congested', this.datastore, what, this.compare(latencyNs, 'above'));
    } else if (this.congested && ++this.calmPeriods >= CALM_PERIODS) {
      this.congested = false;
      const why = this.compare(latencyNs, 'not above');
      this.sim.log.note('sioc.normal', this.datastore, 'no congestion', why);
    }
  }

  /** What the hosts saw together, once a period: is there a load nobody here manages? */
  watch(seen: Observation, periodNs: number): void {
    if (this.suspended || !this.external.observe(seen)) return;
    this.suspendedUntil = this.sim.now + SUSPENDED_PERIODS * periodNs;
    const span = formatDuration(SUSPENDED_PERIODS * periodNs);
    const what = `a load from outside: throttling is suspended for ${span}`;
    const why = 'smaller windows cost throughput instead of latency';
    this.sim.log.note('sioc.external', this.datastore, what, why);
  }

  private compare(latencyNs: number, how: string): string {
    const latency = `${(latencyNs / 1e6).toFixed(1)} ms`;
    return `latency of ${latency} is ${how} the threshold of ${formatDuration(this.thresholdNs)}`;
  }
}
