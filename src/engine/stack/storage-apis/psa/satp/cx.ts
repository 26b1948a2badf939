import { TRESPASS } from '../../../../core/io.js';
import { activePassive } from '../behaviour.js';

/** The trespass page (22h) of MODE SELECT moves the LUN; agent registration is left out. */
export const cx = activePassive(
  { name: 'VMW_SATP_CX', summary: 'CLARiiON, active/passive', psp: 'VMW_PSP_MRU' },
  TRESPASS,
);
