import { TRESPASS } from '../../../../core/io.js';
import { activePassive } from '../behaviour.js';

/** The redundant controller page (2Ch) of MODE SELECT moves the LUN; AVT is off. */
export const lsi = activePassive(
  { name: 'VMW_SATP_LSI', summary: 'LSI, DS4000, active/passive', psp: 'VMW_PSP_MRU' },
  TRESPASS,
);
