import { defineFault } from './define.js';

export const pdl = defineFault({
  name: 'pdl',
  summary: 'permanent device loss: the array answers that the LUN does not exist (05/25/00)',
  target: 'lun',
  params: {},
  lasting: true,
  inject({ lun, rescan }) {
    lun.setLost(true, 'fault pdl');
    return () => {
      lun.setLost(false, 'fault pdl healed');
      rescan();
    };
  },
});
