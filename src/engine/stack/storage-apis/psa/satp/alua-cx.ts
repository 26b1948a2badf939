import { alua } from '../behaviour.js';

/** As ALUA; the vendor page for trespass is not needed, since the array takes STPG. */
export const aluaCx = alua({
  name: 'VMW_SATP_ALUA_CX',
  summary: 'CLARiiON and VNX in ALUA mode',
  psp: 'VMW_PSP_RR',
});
