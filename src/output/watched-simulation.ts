import type { Plan } from '../engine/plan/plan.js';
import { RecordedSimulation, type TimedCommand } from '../engine/simulation/recorded-simulation.js';
import { DrillWatch } from './drill-watch.js';

/** A simulation whose goals and score are followed while it runs, wherever `runUntil` stops. */
export class WatchedSimulation extends RecordedSimulation {
  readonly watch: DrillWatch;

  constructor(plan: Plan, recorded: readonly TimedCommand[] = []) {
    super(plan, recorded);
    this.watch = new DrillWatch(plan, this);
    for (const entry of this.log.entries) this.watch.note(entry);
    this.log.onEntry = (entry) => this.watch.note(entry);
  }

  override runUntil(time: number): void {
    this.watch.runUntil(time, (stop) => super.runUntil(stop));
  }
}
