import { alua } from '../behaviour.js';
import { defineSatp } from '../define.js';

/** As ALUA; the trespass quirks of the family are left out. */
export const aluaCx = defineSatp({
  name: 'VMW_SATP_ALUA_CX',
  summary: 'CLARiiON and VNX in ALUA mode',
  psp: 'VMW_PSP_RR',
  ...alua,
});
