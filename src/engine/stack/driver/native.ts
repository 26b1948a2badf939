import type { DriverFamily } from './family.js';

/**
 * Native drivers (5.5 and later): the driver works on the VMkernel's own command, and every queue
 * has a lock and an interrupt vector of its own, so commands do not wait for one another.
 * Costs: model (stack-lower reference, section 1.3).
 */
export const native: DriverFamily = {
  name: 'native',
  submitNs: 1000,
  segmentNs: 0,
  lockNs: 0,
  completeNs: 1000,
};
