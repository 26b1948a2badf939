import { activeActive } from '../behaviour.js';

/** Treated as active/active; the controller that does not own the LUN forwards commands. */
export const eva = activeActive({
  name: 'VMW_SATP_EVA',
  summary: 'HP EVA without ALUA',
  psp: 'VMW_PSP_FIXED',
});
