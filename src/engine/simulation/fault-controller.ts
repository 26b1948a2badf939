import { InputError } from '../core/errors.js';
import type { Params } from '../core/params.js';
import type { Sim } from '../core/sim.js';
import type { Fault, FaultTarget } from '../faults/define.js';
import { FAULTS } from '../faults/index.js';
import type { Sites } from '../faults/sites.js';

/** A fault that has been injected and not yet healed. */
export interface ActiveFault {
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
    return [...this.running.values()].map(({ id, fault, target, sinceNs }) => ({
      id,
      fault,
      target,
      sinceNs,
    }));
  }

  /**
   * @param params complete settings in base units; missing ones take their default
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
    const fault = findFault(name);
    const site = findSite(this.sites, fault.target, target, name);
    const values: Record<string, number> = {};
    for (const [key, param] of Object.entries(fault.params))
      values[key] = params[key] ?? param.initial;
    const id = this.count++;
    this.sim.log.note('fault.inject', target, `${name} (#${id}): ${fault.summary}`, why);
    const heal = (fault.inject as AnyInject)(site, values, { sim: this.sim, sites: this.sites });
    this.running.set(id, { id, fault: name, target, sinceNs: this.sim.now, heal });
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

/** Target and params are checked by name before the call, so the entry's own types hold. */
type AnyInject = (
  target: unknown,
  params: Record<string, number>,
  context: { sim: Sim; sites: Sites },
) => () => void;

function findFault(name: string): Fault<FaultTarget, Params> {
  const fault = FAULTS.find((entry) => entry.name === name);
  if (fault !== undefined) return fault as Fault<FaultTarget, Params>;
  throw InputError.of(
    'fault',
    `there is no fault ${name}`,
    `known: ${FAULTS.map((f) => f.name).join(', ')}`,
  );
}

function findSite(sites: Sites, scope: FaultTarget, target: string, fault: string): unknown {
  const site = (sites[scope] as ReadonlyMap<string, unknown>).get(target);
  if (site !== undefined) return site;
  const known = [...sites[scope].keys()].slice(0, 12).join(', ');
  throw InputError.of(`fault ${fault}`, `there is no ${scope} named ${target}`, `known: ${known}`);
}
