import { ratio } from '../core/params.js';
import { defineFault } from './define.js';

export const pathLossy = defineFault({
  name: 'path-lossy',
  summary: 'a connection loses commands: a share of them comes back with a host error',
  target: 'path',
  params: { rate: ratio(0.05, 0.0001, 1, 'share of the commands that fail') },
  lasting: true,
  inject({ nexus }, { rate }) {
    nexus.setErrorRate(rate, 'fault path-lossy');
    return () => nexus.setErrorRate(0, 'fault path-lossy healed');
  },
});
