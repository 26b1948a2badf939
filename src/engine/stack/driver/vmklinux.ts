import type { DriverFamily } from './family.js';

/**
 * Linux drivers under emulation (up to 6.7): each command gets a second object and a copy of its
 * scatter/gather list, is issued under the adapter's one lock, and comes back through a bottom half.
 * That it costs more, and more the busier the adapter, is fact; the constants are model (stack-lower
 * reference, sections 1.2, 1.3).
 */
export const vmklinux: DriverFamily = {
  name: 'vmklinux',
  submitNs: 2500,
  segmentNs: 20,
  lockNs: 750,
  completeNs: 2000,
};
