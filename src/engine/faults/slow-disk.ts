import { ratio } from '../core/params.js';
import { defineFault } from './define.js';

export const slowDisk = defineFault({
  name: 'slow-disk',
  summary: 'one disk of a pool becomes slow: all that needs it waits for it',
  target: 'spindle',
  params: { factor: ratio(10, 1, 10000, 'how many times longer it takes') },
  lasting: true,
  inject({ disk }, { factor }) {
    disk.setSlow(factor, 'fault slow-disk');
    return () => disk.setSlow(1, 'fault slow-disk healed');
  },
});
