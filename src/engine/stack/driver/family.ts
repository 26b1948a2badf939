import type { AdapterPlan } from '../../plan/plan.js';

/** What a kind of driver costs per command. */
export interface DriverFamily {
  readonly name: AdapterPlan['family'];
  /** From the driver's entry until the hardware has the command, without waiting, ns. */
  readonly submitNs: number;
  /** Copying one more scatter/gather entry (a page of guest memory) into the driver's own list. */
  readonly segmentNs: number;
  /** Last part of `submitNs`, spent under the adapter's one lock; 0 when queues lock apart. */
  readonly lockNs: number;
  /** From the interrupt until the command is given back, ns. */
  readonly completeNs: number;
}

/** Scatter/gather entries of guest memory are pages of 4 KB. */
export const SEGMENT_BLOCKS = 8;

/** Taking an interrupt, whatever the number of answers it brings, ns (model). */
export const INTERRUPT_NS = 1_000;
