import { START_UNIT } from '../../../../core/io.js';
import { activePassive } from '../behaviour.js';

/** START UNIT on a passive controller makes it take the LUN. */
export const defaultAp = activePassive(
  { name: 'VMW_SATP_DEFAULT_AP', summary: 'generic active/passive arrays', psp: 'VMW_PSP_MRU' },
  START_UNIT,
);
