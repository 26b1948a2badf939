import { ratio } from '../core/params.js';
import { defineFault } from './define.js';

/** Noticed in runs that verify data; the others keep none. Healing mends the device, not the data. */
export const misdirectedWrite = defineFault({
  name: 'misdirected-write',
  summary: 'a LUN or NFS server writes some data to the wrong place, and says all is well',
  target: 'medium',
  params: { rate: ratio(0.001, 0.000001, 1, 'share of the writes that go astray') },
  lasting: true,
  inject(medium, { rate }) {
    medium.setDataFault('misdirected', rate);
    return () => medium.setDataFault('misdirected', 0);
  },
});
