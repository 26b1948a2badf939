import { InputError } from '../core/errors.js';
import type { Sim } from '../core/sim.js';
import type { FaultPlan } from '../plan/plan.js';
import type { FaultController } from './fault-controller.js';

const MINUTE = 60e9;

/**
 * Arms a fault of the timeline: once, or again and again at random times. Random faults have a
 * stream of their own each, so that another one in the scenario changes none of their times.
 */
export function armFault(
  sim: Sim,
  faults: FaultController,
  { fault, target, params, atNs, untilNs, repeat }: FaultPlan,
  index: number,
): void {
  const { timers } = sim;
  // A device that hosts have not found yet cannot break for them.
  const inject = (why: string): number | undefined => {
    try {
      return faults.inject(fault, target, params, why);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      sim.log.note('fault.refused', target, `${fault}: ${error.problems[0].message}`, why);
      return undefined;
    }
  };
  if (repeat === undefined) {
    timers.at(atNs, () => {
      const id = inject('timeline');
      if (id === undefined || untilNs === 0) return;
      timers.at(untilNs, () => faults.heal(id, 'timeline'));
    });
    return;
  }
  const stream = sim.random.stream(`fault ${index} ${fault} ${target}`);
  const why = `${repeat.perMinute} per minute at random`;
  const next = (fromNs: number): void => {
    const at = Math.floor(fromNs + stream.exponential(MINUTE / repeat.perMinute));
    if (untilNs > 0 && at >= untilNs) return;
    timers.at(at, () => {
      const id = inject(why);
      next(at);
      if (id === undefined) return;
      const endsAt = at + repeat.lastsNs;
      timers.at(untilNs > 0 ? Math.min(endsAt, untilNs) : endsAt, () => faults.heal(id, why));
    });
  };
  next(atNs);
}
