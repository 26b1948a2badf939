import { InputError } from '../core/errors.js';
import { checkValues } from '../core/params.js';
import type { Sim } from '../core/sim.js';
import type { FaultInfo, FaultTools } from '../faults/define.js';
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
  private readonly tools: FaultTools;

  constructor(
    private readonly sim: Sim,
    private readonly sites: Sites,
  ) {
    this.tools = { pulse: (periodNs, partNs, set) => this.pulse(periodNs, partNs, set) };
  }

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
   * @returns the number by which the fault is healed; undefined when it was refused
   * @throws InputError when fault or target do not exist, or a setting is out of its range
   */
  inject(
    name: string,
    target: string,
    params: Readonly<Record<string, number>>,
    why: string,
  ): number | undefined {
    const info = this.find(name, target);
    checkValues(info.params, params, `fault ${name}`);
    const refusal = info.refusal(this.sites, target);
    if (refusal !== undefined) {
      this.sim.log.note('fault.refused', target, `${name}: ${refusal}`, why);
      return undefined;
    }
    const id = this.count++;
    this.sim.log.note('fault.inject', target, `${name} (#${id}): ${info.summary}`, why);
    const heal = info.apply(this.sites, target, params, this.tools);
    const since = { id, fault: name, target, sinceNs: this.sim.now };
    if (heal !== undefined) this.running.set(id, { ...since, info, params, heal });
    return id;
  }

  /**
   * Why a fault would be refused now; undefined when it would not.
   * @throws InputError when fault or target do not exist
   */
  refusal(name: string, target: string): string | undefined {
    return this.find(name, target).refusal(this.sites, target);
  }

  private find(name: string, target: string): FaultInfo {
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
    return info;
  }

  /** Heals an active fault; false when it is not active (any more). */
  heal(id: number, why: string): boolean {
    const fault = this.running.get(id);
    if (fault === undefined) return false;
    this.running.delete(id);
    this.sim.log.note('fault.heal', fault.target, `${fault.fault} (#${id}) healed`, why);
    const isTwin = ({ info, target }: Running): boolean =>
      info.lasting && info === fault.info && target === fault.target;
    if (![...this.running.values()].some(isTwin)) fault.heal();
    this.breakAgain();
    return true;
  }

  /** What has been mended may be broken by another fault too. */
  private breakAgain(): void {
    for (const { info, target, params } of this.running.values()) {
      if (info.lasting) info.apply(this.sites, target, params, this.tools);
    }
  }

  private pulse(periodNs: number, partNs: number, set: (broken: boolean) => void): () => void {
    const { timers } = this.sim;
    let stopMend = (): void => undefined;
    const strike = (): void => {
      set(true);
      stopMend = timers.delay(partNs, () => {
        set(false);
        this.breakAgain();
      });
    };
    strike();
    const stop = timers.every(periodNs, strike);
    return () => {
      stop();
      stopMend();
      set(false);
    };
  }
}
