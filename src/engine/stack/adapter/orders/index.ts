import { InputError } from '../../../core/errors.js';
import type { Sim } from '../../../core/sim.js';
import type { OrderPlan } from '../../../plan/plan.js';
import { deadline } from './deadline.js';
import type { Order, OrderInfo } from './define.js';
import { elevator } from './elevator.js';
import { none } from './none.js';

/** Orders of an adapter's queue, one line each. */
export const ORDERS: readonly OrderInfo[] = [
  deadline, //
  elevator,
  none,
];

/** An order of the catalogue; settings that are not given take their defaults. */
export function createOrder(sim: Sim, plan: OrderPlan): Order {
  const info = ORDERS.find(({ name }) => name === plan.order);
  if (info === undefined) {
    const known = ORDERS.map(({ name }) => name).join(', ');
    throw InputError.of('order', `unknown order ${plan.order}`, `known here: ${known}`);
  }
  const initial = Object.entries(info.params).map(([name, param]) => [name, param.initial]);
  return info.create(sim, { ...Object.fromEntries(initial), ...plan.params });
}
