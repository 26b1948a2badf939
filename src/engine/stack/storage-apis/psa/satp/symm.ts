import { activeActive } from '../behaviour.js';

/** Active/active. */
export const symm = activeActive({
  name: 'VMW_SATP_SYMM',
  summary: 'Symmetrix, VMAX',
  psp: 'VMW_PSP_RR',
});
