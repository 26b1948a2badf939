import { ratio } from '../core/params.js';
import { defineFault } from './define.js';

/** Noticed in runs that verify data; the others keep none. Healing mends the device, not the data. */
export const bitRot = defineFault({
  name: 'bit-rot',
  summary: 'a LUN or NFS server returns a block that has rotted on its disk, without saying so',
  target: 'medium',
  params: { rate: ratio(0.001, 0.000001, 1, 'share of the reads that find a rotten block') },
  lasting: true,
  inject(medium, { rate }) {
    medium.setDataFault('bitRot', rate);
    return () => medium.setDataFault('bitRot', 0);
  },
});
