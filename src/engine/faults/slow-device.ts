import { ratio } from '../core/params.js';
import { defineFault } from './define.js';

export const slowDevice = defineFault({
  name: 'slow-device',
  summary: 'the disks behind a LUN become slow, for every LUN on them',
  target: 'lun',
  params: { factor: ratio(10, 1, 10000, 'how many times longer a disk takes') },
  lasting: true,
  inject({ disks }, { factor }) {
    for (const disk of disks) disk.setSlow(factor, 'fault slow-device');
    return () => {
      for (const disk of disks) disk.setSlow(1, 'fault slow-device healed');
    };
  },
});
