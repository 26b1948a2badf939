import { count, duration } from '../../core/params.js';
import { defineDevice, MODEL } from '../model.js';

/** Exponential service times: with Poisson arrivals the M/M/c queue of the text books. */
export const exponential = defineDevice({
  name: 'exponential',
  summary: 'exponentially distributed times, for queueing theory',
  params: {
    channels: count(1, 1, 4096, 'commands served side by side'),
    mean: duration('1ms', '1us', '1h', 'mean time of a command'),
  },
  sources: {
    channels: MODEL,
    mean: MODEL,
  },
  create: ({ stream }, { channels, mean }) => ({
    channels,
    serviceNs: () => Math.round(stream.exponential(mean)),
  }),
});
