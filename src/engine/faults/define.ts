import type { Params, Values } from '../core/params.js';
import type { Sites } from './sites.js';

/** What a fault can act on: the kind of thing its target names. */
export type FaultTarget = keyof Sites & string;

export type SiteOf<T extends FaultTarget> =
  Sites[T] extends ReadonlyMap<string, infer S> ? S : never;

/** What a fault may use besides its target. */
export interface FaultTools {
  /**
   * For faults that come and go: breaks at once and then every `periodNs`, each time for `partNs`.
   * What others broke as well stays broken in between.
   * @param set breaks (true) or mends (false) the target
   * @returns ends it, with the target mended
   */
  pulse(periodNs: number, partNs: number, set: (broken: boolean) => void): () => void;
}

/** What screens and lists show of a fault. */
export interface FaultInfo {
  readonly name: string;
  readonly summary: string;
  readonly target: FaultTarget;
  readonly params: Params;
  readonly lasting: boolean;
  /** Why it cannot be injected there now; undefined when it can. */
  refusal(sites: Sites, target: string): string | undefined;
  /** Finds the target by name and breaks it; undefined when there is no such target. */
  apply(
    sites: Sites,
    target: string,
    params: Readonly<Record<string, number>>,
    tools: FaultTools,
  ): (() => void) | undefined;
}

/** A thing that can go wrong: one file, one entry of the catalogue. */
export interface Fault<T extends FaultTarget, P extends Params> {
  readonly name: string;
  readonly summary: string;
  readonly target: T;
  readonly params: P;
  /**
   * It puts its target into a state that stays until it is healed, and breaking it again changes
   * nothing. Where several act on one thing, it stays broken until the last of them is healed.
   */
  readonly lasting?: true;
  /** Why it must not be injected now: what it would break cannot be mended. Undefined when it may. */
  refusal?(target: SiteOf<T>): string | undefined;
  /** Breaks `target`; the returned function heals it and is called at most once. */
  inject(target: SiteOf<T>, params: Values<P>, tools: FaultTools): () => void;
}

export function defineFault<T extends FaultTarget, P extends Params>(
  fault: Fault<T, P>,
): FaultInfo {
  const { name, summary, target, params, lasting = false } = fault;
  return {
    name,
    summary,
    target,
    params,
    lasting,
    refusal(sites, where) {
      const site = (sites[target] as ReadonlyMap<string, SiteOf<T>>).get(where);
      return site && fault.refusal?.(site);
    },
    apply(sites, where, given, tools) {
      const site = (sites[target] as ReadonlyMap<string, SiteOf<T>>).get(where);
      if (site === undefined) return undefined;
      const values: Record<string, number> = {};
      for (const [key, param] of Object.entries(params)) values[key] = given[key] ?? param.initial;
      return fault.inject(site, values as Values<P>, tools);
    },
  };
}
