import type { Params, Values } from '../core/params.js';
import type { Sim } from '../core/sim.js';
import type { Sites } from './sites.js';

/** What a fault can act on; the value is the scope of the entity it names. */
export type FaultTarget = keyof Sites;

/** What a fault may use besides its target. */
export interface FaultContext {
  readonly sim: Sim;
  /** Every object of the simulation a fault can name. */
  readonly sites: Sites;
}

/** A thing that can go wrong: one file, one entry of the catalogue. */
export interface Fault<T extends FaultTarget = FaultTarget, P extends Params = Params> {
  readonly name: string;
  readonly summary: string;
  readonly target: T;
  readonly params: P;
  /** Breaks `target`; the returned function heals it and is called at most once. */
  inject(target: SiteOf<T>, params: Values<P>, context: FaultContext): () => void;
}

export type SiteOf<T extends FaultTarget> =
  Sites[T] extends ReadonlyMap<string, infer S> ? S : never;

/** Keeps the types of target and params together while an entry is written. */
export function defineFault<T extends FaultTarget, P extends Params>(
  fault: Fault<T, P>,
): Fault<T, P> {
  return fault;
}
