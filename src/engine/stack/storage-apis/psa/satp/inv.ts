import { activeActive } from '../behaviour.js';
import { defineSatp } from '../define.js';

/** Active/active. */
export const inv = defineSatp({
  name: 'VMW_SATP_INV',
  summary: 'Invista, VPLEX',
  psp: 'VMW_PSP_FIXED',
  ...activeActive,
});
