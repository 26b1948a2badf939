import { defineFault } from './define.js';

/**
 * What an array does after a change of its firmware or its licence. Hosts remember the first refusal
 * of each command until a rescan, data movers and VMFS with its locks and zeros alike.
 */
export const vaaiRefused = defineFault({
  name: 'vaai-refused',
  summary: 'a LUN refuses offloaded commands (VAAI) with 05/20/00: hosts do the work themselves',
  target: 'lun',
  params: {},
  lasting: true,
  inject({ lun }) {
    lun.offload.setRefusing(true, 'fault vaai-refused');
    return () => lun.offload.setRefusing(false, 'vaai-refused healed');
  },
});
