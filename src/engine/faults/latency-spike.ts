import { duration } from '../core/params.js';
import { defineFault } from './define.js';

export const latencySpike = defineFault({
  name: 'latency-spike',
  summary: 'the answers of a LUN are late now and then, as when an array is busy with itself',
  target: 'lun',
  params: {
    delay: duration('200ms', '1us', '1m', 'added to every answer during a spike'),
    period: duration('10s', '10ms', '1h', 'from one spike to the next'),
    length: duration('1s', '1ms', '1h', 'how long a spike lasts; at most half the period'),
  },
  inject({ lun }, { delay, period, length }, { pulse }) {
    return pulse(period, Math.min(length, period / 2), (broken) =>
      lun.setExtraDelay(broken ? delay : 0, 'fault latency-spike'),
    );
  },
});
