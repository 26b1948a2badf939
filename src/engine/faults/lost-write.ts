import { ratio } from '../core/params.js';
import { defineFault } from './define.js';

/** Noticed in runs that verify data; the others keep none. Healing mends the device, not the data. */
export const lostWrite = defineFault({
  name: 'lost-write',
  summary: 'a LUN or NFS server drops some writes, and says all is well',
  target: 'medium',
  params: { rate: ratio(0.001, 0.000001, 1, 'share of the writes that are dropped') },
  lasting: true,
  inject(medium, { rate }) {
    medium.setDataFault('lost', rate);
    return () => medium.setDataFault('lost', 0);
  },
});
