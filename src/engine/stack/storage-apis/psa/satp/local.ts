import { activeActive } from '../behaviour.js';
import { defineSatp } from '../define.js';

/** One host, no controllers to fail over between. */
export const local = defineSatp({
  name: 'VMW_SATP_LOCAL',
  summary: 'devices attached directly',
  psp: 'VMW_PSP_FIXED',
  ...activeActive,
});
