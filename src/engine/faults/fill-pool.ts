import { size } from '../core/params.js';
import { defineFault } from './define.js';

export const fillPool = defineFault({
  name: 'fill-pool',
  summary: 'others use up a thin pool of the array until little is left',
  target: 'pool',
  params: { leave: size('0B', '0B', '64TiB', 'free space that is left') },
  inject(pool, { leave }) {
    const filled = pool.fill(Math.max(0, pool.freeBlocks * 512 - leave), 'fault fill-pool');
    return () => {
      pool.drain(filled);
    };
  },
});
