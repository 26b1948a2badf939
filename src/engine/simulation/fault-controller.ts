import { InputError } from '../core/errors.js';
import type { Sim } from '../core/sim.js';
import type { FaultInfo } from '../faults/define.js';
import { FAULTS } from '../faults/index.js';
import type { Sites } from '../faults/sites.js';

/** A fault that has been injected and not yet healed. */
export interface ActiveFault {
  /** The number by which it is healed. */
  readonly id: number;
  readonly fault: string;
  readonly target: string;
  readonly sinceNs: number;
}

interface Running extends ActiveFault {
  readonly info: FaultInfo;
  readonly params: Readonly<Record<string, number>>;
  readonly heal: () => void;
}

/**
 * The one way faults enter a run: from the timeline, a key, or a generator. Injecting and healing
 * are written to the event log with their cause.
 */
export class FaultController {
  private readonly running = new Map<number, Running>();
  private count = 0;

  constructor(
    private readonly sim: Sim,
    private readonly sites: Sites,
  ) {}

  get active(): readonly ActiveFault[] {
    return [...this.running.values()].map(({ id, fault, target, sinceNs }) => ({
      id,
      fault,
      target,
      sinceNs,
    }));
  }

  /**
   * @param params settings in base units; missing ones take their default
   * @param why who asked: `timeline`, `operator`, ...
   * @returns the number by which the fault is healed
   * @throws InputError when fault or target do not exist
   */
  inject(
    name: string,
    target: string,
    params: Readonly<Record<string, number>>,
    why: string,
  ): number {
    const info = FAULTS.find((entry) => entry.name === name);
    if (info === undefined) {
      const known = FAULTS.map((entry) => entry.name).join(', ');
      throw InputError.of('fault', `there is no fault ${name}`, `known: ${known}`);
    }
    const sites = this.sites[info.target];
    if (!sites.has(target)) {
      const known = [...sites.keys()].slice(0, 12).join(', ');
      throw InputError.of(
        `fault ${name}`,
        `there is no ${info.target} ${target}`,
        `known: ${known}`,
      );
    }
    const id = this.count++;
    this.sim.log.note('fault.inject', target, `${name} (#${id}): ${info.summary}`, why);
    const heal = info.apply(this.sites, target, params);
    const since = { id, fault: name, target, sinceNs: this.sim.now };
    if (heal !== undefined) this.running.set(id, { ...since, info, params, heal });
    return id;
  }

  /** Heals an active fault; false when it is not active (any more). */
  heal(id: number, why: string): boolean {
    const fault = this.running.get(id);
    if (fault === undefined) return false;
    this.running.delete(id);
    this.sim.log.note('fault.heal', fault.target, `${fault.fault} (#${id}) healed`, why);
    const others = [...this.running.values()].filter(({ info }) => info.lasting);
    const isTwin = (other: Running): boolean =>
      other.info === fault.info && other.target === fault.target;
    if (!others.some(isTwin)) fault.heal();
    // What is healed here may be broken by another fault too.
    for (const { info, target, params } of others) info.apply(this.sites, target, params);
    return true;
  }
}
