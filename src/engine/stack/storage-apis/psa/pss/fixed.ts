import { count } from '../../../../core/params.js';
import { definePsp } from '../define.js';
import { Preferred } from '../preferred.js';

export const fixed = definePsp({
  name: 'FIXED',
  summary: 'HPP: the preferred path, or the first that works; goes back',
  params: {
    preferred: count(0, 0, 1023, 'number of the preferred path, in order of discovery'),
  },
  create: ({ paths }, { preferred }) => new Preferred(paths, paths[preferred] ?? paths[0]),
});
