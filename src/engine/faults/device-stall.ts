import { defineFault } from './define.js';

export const deviceStall = defineFault({
  name: 'device-stall',
  summary: 'a LUN gives no answers, though its paths look well',
  target: 'lun',
  params: {},
  lasting: true,
  inject({ lun }) {
    lun.setUnreachable(true, 'fault device-stall');
    return () => lun.setUnreachable(false, 'fault device-stall healed');
  },
});
