import { activeActive } from '../behaviour.js';

/** Active/active. */
export const inv = activeActive({
  name: 'VMW_SATP_INV',
  summary: 'Invista, VPLEX',
  psp: 'VMW_PSP_FIXED',
});
