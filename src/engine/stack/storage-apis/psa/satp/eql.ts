import { activeActive } from '../behaviour.js';

/** One virtual portal, active/active. */
export const eql = activeActive({
  name: 'VMW_SATP_EQL',
  summary: 'EqualLogic',
  psp: 'VMW_PSP_FIXED',
});
