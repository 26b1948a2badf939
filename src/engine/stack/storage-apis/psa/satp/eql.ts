import { activeActive } from '../behaviour.js';
import { defineSatp } from '../define.js';

/** One virtual portal, active/active. */
export const eql = defineSatp({
  name: 'VMW_SATP_EQL',
  summary: 'EqualLogic',
  psp: 'VMW_PSP_FIXED',
  ...activeActive,
});
