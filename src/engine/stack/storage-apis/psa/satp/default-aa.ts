import { activeActive } from '../behaviour.js';

/** What Fibre Channel and iSCSI devices get that no rule knows and that have no port groups. */
export const defaultAa = activeActive({
  name: 'VMW_SATP_DEFAULT_AA',
  summary: 'generic active/active arrays',
  psp: 'VMW_PSP_FIXED',
});
