import { START_UNIT } from '../../../../core/io.js';
import { activePassive } from '../behaviour.js';

/** START UNIT on a passive controller makes it take the LUN. */
export const msa = activePassive(
  { name: 'VMW_SATP_MSA', summary: 'HP MSA1000 and 1500, active/passive', psp: 'VMW_PSP_MRU' },
  START_UNIT,
);
