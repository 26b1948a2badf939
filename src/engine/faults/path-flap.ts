import { duration } from '../core/params.js';
import { defineFault } from './define.js';

export const pathFlap = defineFault({
  name: 'path-flap',
  summary: 'one path goes down and comes back, again and again',
  target: 'path',
  params: {
    period: duration('10s', '10ms', '1h', 'from one time down to the next'),
    down: duration('3s', '1ms', '1h', 'how long it is down; at most half the period'),
  },
  inject({ nexus, lun }, { period, down }, { pulse }) {
    return pulse(period, Math.min(down, period / 2), (broken) =>
      nexus.setLunReachable(lun.index, !broken, 'fault path-flap'),
    );
  },
});
