import { alua } from '../behaviour.js';

/** Any array that reports target port groups (TPGS); vendor rules mostly ask for round robin. */
export const aluaSatp = alua({
  name: 'VMW_SATP_ALUA',
  summary: 'arrays with target port groups',
  psp: 'VMW_PSP_MRU',
});
