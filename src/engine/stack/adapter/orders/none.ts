import { Fifo } from '../../../core/discipline.js';
import type { Io } from '../../../core/io.js';
import type { Sim } from '../../../core/sim.js';
import { defineOrder, type Order } from './define.js';

class NoOrder extends Fifo implements Order {
  readonly frontMerges = true;

  constructor(private readonly sim: Sim) {
    super();
  }

  startAt(io: Io, lba: number): void {
    this.sim.requests.lba[io] = lba;
  }

  inherit(): void {
    // A place in the line is not inherited.
  }
}

export const none = defineOrder({
  name: 'none',
  summary: 'first come, first served; what ESXi does (stack-lower reference, 2.1)',
  params: {},
  create: (sim) => new NoOrder(sim),
});
