import { activeActive } from '../behaviour.js';
import { defineSatp } from '../define.js';

/** Pseudo active/active, modelled as active/active. */
export const eva = defineSatp({
  name: 'VMW_SATP_EVA',
  summary: 'HP EVA',
  psp: 'VMW_PSP_FIXED',
  ...activeActive,
});
