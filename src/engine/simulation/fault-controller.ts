import { InputError } from '../core/errors.js';
import type { Sim } from '../core/sim.js';
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

/**
 * The one way faults enter a run: from the timeline, a key, or a generator. Injecting and healing
 * are written to the event log with their cause.
 */
export class FaultController {
  private readonly running = new Map<number, ActiveFault & { readonly heal: () => void }>();
  private count = 0;

  constructor(
    private readonly sim: Sim,
    private readonly sites: Sites,
  ) {}

  get active(): readonly ActiveFault[] {
    return [...this.running.values()].map(({ heal: _heal, ...fault }) => fault);
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
    const fault = FAULTS.find((entry) => entry.name === name);
    if (fault === undefined) {
      const known = FAULTS.map((entry) => entry.name).join(', ');
      throw InputError.of('fault', `there is no fault ${name}`, `known: ${known}`);
    }
    const sites = this.sites[fault.target];
    if (!sites.has(target)) {
      const known = [...sites.keys()].slice(0, 12).join(', ');
      throw InputError.of(
        `fault ${name}`,
        `there is no ${fault.target} ${target}`,
        `known: ${known}`,
      );
    }
    const id = this.count++;
    this.sim.log.note('fault.inject', target, `${name} (#${id}): ${fault.summary}`, why);
    const heal = fault.apply(this.sites, target, params);
    const since = { id, fault: name, target, sinceNs: this.sim.now };
    if (heal !== undefined) this.running.set(id, { ...since, heal });
    return id;
  }

  /** Heals an active fault; false when it is not active (any more). */
  heal(id: number, why: string): boolean {
    const fault = this.running.get(id);
    if (fault === undefined) return false;
    this.running.delete(id);
    this.sim.log.note('fault.heal', fault.target, `${fault.fault} (#${id}) healed`, why);
    fault.heal();
    return true;
  }
}
