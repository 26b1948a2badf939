import type { Discipline } from '../../../core/discipline.js';
import type { Io } from '../../../core/io.js';
import type { Params, Values } from '../../../core/params.js';
import type { Sim } from '../../../core/sim.js';

/** In which order an adapter's waiting commands go to the driver. */
export interface Order extends Discipline {
  /** Whether a command may join in front of one that waits. */
  readonly frontMerges: boolean;
  /** Gives a waiting command another first block: a command has joined in front of it. */
  startAt(io: Io, lba: number): void;
  /** `gone` is about to be taken out, because `kept` now covers both. */
  inherit(kept: Io, gone: Io): void;
}

/** An entry of the catalogue `adapter/orders`. */
export interface OrderInfo {
  readonly name: string;
  readonly summary: string;
  readonly params: Params;
  create(sim: Sim, values: Readonly<Record<string, number>>): Order;
}

/** Describes an order; `create` sees its own params by name. */
export function defineOrder<P extends Params>(order: {
  readonly name: string;
  readonly summary: string;
  readonly params: P;
  readonly create: (sim: Sim, values: Values<P>) => Order;
}): OrderInfo {
  const { name, summary, params, create } = order;
  return { name, summary, params, create: (sim, values) => create(sim, values as Values<P>) };
}
