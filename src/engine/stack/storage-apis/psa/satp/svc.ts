import { activeActive } from '../behaviour.js';

/** Every node answers; the preferred node is left out. */
export const svc = activeActive({
  name: 'VMW_SATP_SVC',
  summary: 'IBM SVC without ALUA',
  psp: 'VMW_PSP_FIXED',
});
