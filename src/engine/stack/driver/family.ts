import type { AdapterPlan } from '../../simulation/plan.js';

/** What a kind of driver costs per command. */
export interface DriverFamily {
  readonly name: AdapterPlan['family'];
  readonly summary: string;
  /** From the driver's entry until the hardware has the command, without waiting, ns. */
  readonly submitNs: number;
  /** Last part of `submitNs`, spent under the adapter's one lock; 0 when queues lock apart. */
  readonly lockNs: number;
  /** From the interrupt until the command is given back, ns. */
  readonly completeNs: number;
}
