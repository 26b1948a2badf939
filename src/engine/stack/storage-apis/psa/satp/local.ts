import { activeActive } from '../behaviour.js';

/** One host, no controllers to fail over between. */
export const local = activeActive({
  name: 'VMW_SATP_LOCAL',
  summary: 'devices attached directly',
  psp: 'VMW_PSP_FIXED',
});
