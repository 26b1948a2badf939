import { ratio } from '../core/params.js';
import { defineFault } from './define.js';

/** Noticed in runs that verify data; the others keep none. Healing mends the device, not the data. */
export const tornWrite = defineFault({
  name: 'torn-write',
  summary: 'a LUN or NFS server writes only the beginning of some writes, and says it wrote all',
  target: 'medium',
  params: { rate: ratio(0.001, 0.000001, 1, 'share of the writes that are torn') },
  lasting: true,
  inject(medium, { rate }) {
    medium.setDataFault('torn', rate);
    return () => medium.setDataFault('torn', 0);
  },
});
