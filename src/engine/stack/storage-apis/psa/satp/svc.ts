import { activeActive } from '../behaviour.js';
import { defineSatp } from '../define.js';

/** Every node answers; the preferred node is left out. */
export const svc = defineSatp({
  name: 'VMW_SATP_SVC',
  summary: 'IBM SVC without ALUA',
  psp: 'VMW_PSP_FIXED',
  ...activeActive,
});
