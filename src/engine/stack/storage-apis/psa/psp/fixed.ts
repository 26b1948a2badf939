import { count } from '../../../../core/params.js';
import { definePsp } from '../define.js';
import { Preferred } from '../preferred.js';

export const fixed = definePsp({
  name: 'VMW_PSP_FIXED',
  summary: 'the preferred path whenever it is usable, otherwise another',
  params: {
    preferred: count(0, 0, 1023, 'number of the preferred path, in order of discovery'),
  },
  create: ({ paths }, { preferred }) => new Preferred(paths, paths[preferred] ?? paths[0]),
});
