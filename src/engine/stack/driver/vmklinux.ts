import type { DriverFamily } from './family.js';

/**
 * Linux drivers under emulation (up to 6.7): each command is copied into a second object and issued
 * under the adapter's one lock; completions pass a bottom half. That it costs more, and more the
 * busier the adapter, is fact; the constants are model (stack-lower reference, sections 1.2, 1.3).
 */
export const vmklinux: DriverFamily = {
  name: 'vmklinux',
  summary: 'Linux driver under vmklinux emulation, one lock per adapter',
  submitNs: 2500,
  lockNs: 750,
  completeNs: 2000,
};
