import { activeActive } from '../behaviour.js';
import { defineSatp } from '../define.js';

/** Active/active on all directors. */
export const symm = defineSatp({
  name: 'VMW_SATP_SYMM',
  summary: 'Symmetrix, VMAX',
  psp: 'VMW_PSP_RR',
  ...activeActive,
});
