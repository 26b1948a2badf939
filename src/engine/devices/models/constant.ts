import { count, duration } from '../../core/params.js';
import { defineDevice, MODEL } from '../model.js';

/** Every command takes the same time: for reference runs that can be checked by hand. */
export const constant = defineDevice({
  name: 'constant',
  summary: 'every command takes the same time',
  params: {
    channels: count(1, 1, 4096, 'commands served side by side'),
    service: duration('1ms', '0ns', '1h', 'time of a command'),
  },
  sources: {
    channels: MODEL,
    service: MODEL,
  },
  create: (_site, { channels, service }) => ({ channels, serviceNs: () => service }),
});
