import type { MountField } from '../mount-state.js';

/** What VMFS makes an I/O of its own for: the mount's field that counts it, once it has ended well. */
export type Purpose = Extract<
  MountField,
  | 'bitmapIos'
  | 'pointerIos'
  | 'descriptorIos'
  | 'heartbeatIos'
  | 'lockIos'
  | 'journalIos'
  | 'reserveIos'
  | 'zeroIos'
>;
