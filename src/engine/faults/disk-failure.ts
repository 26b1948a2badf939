import { duration } from '../core/params.js';
import { defineFault } from './define.js';

export const diskFailure = defineFault({
  name: 'disk-failure',
  summary: 'a disk of a RAID group fails; a spare takes over and is rebuilt from the others',
  target: 'spindle',
  params: { spareAfter: duration('1s', '0s', '100d', 'until a spare takes over, if there is one') },
  refusal({ pool, number }) {
    if (pool.redundancy !== undefined) return pool.redundancy.cannotLose(number);
    return 'its pool has no copies and no parity: data would be lost (RAID 0)';
  },
  inject({ pool, number }, { spareAfter }) {
    const fail = pool.redundancy?.fail(number, spareAfter, 'fault disk-failure');
    return () => fail?.('fault disk-failure healed');
  },
});
