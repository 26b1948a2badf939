import { ratio } from '../core/params.js';
import { defineFault } from './define.js';

export const queueFullStorm = defineFault({
  name: 'queue-full-storm',
  summary: 'a target port is overrun by others: a share of the commands gets TASK SET FULL',
  target: 'port',
  params: { rate: ratio(0.3, 0.001, 0.999, 'share of the commands turned away') },
  lasting: true,
  inject(port, { rate }) {
    port.setFullRate(rate, 'fault queue-full-storm');
    return () => port.setFullRate(0, 'fault queue-full-storm healed');
  },
});
