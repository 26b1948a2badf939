import { duration } from '../core/params.js';
import { defineFault } from './define.js';

export const pathSlow = defineFault({
  name: 'path-slow',
  summary: 'a connection is slow: every command over it takes longer, for all LUNs behind it',
  target: 'path',
  params: { delay: duration('5ms', '1us', '10s', 'added to each command, one way') },
  lasting: true,
  inject({ nexus }, { delay }) {
    nexus.setExtraDelay(delay, 'fault path-slow');
    return () => nexus.setExtraDelay(0, 'fault path-slow healed');
  },
});
