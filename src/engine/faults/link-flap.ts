import { duration } from '../core/params.js';
import { defineFault } from './define.js';

export const linkFlap = defineFault({
  name: 'link-flap',
  summary: "an adapter's link is lost and found, again and again: a bad cable or transceiver",
  target: 'adapter',
  params: {
    period: duration('20s', '10ms', '1h', 'from one loss to the next'),
    down: duration('5s', '1ms', '1h', 'how long there is no link; at most half the period'),
  },
  inject({ vmhba }, { period, down }, { pulse }) {
    return pulse(period, Math.min(down, period / 2), (broken) =>
      vmhba.setLinkUp(!broken, 'fault link-flap'),
    );
  },
});
