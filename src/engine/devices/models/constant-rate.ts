import { UNMAP } from '../../core/io.js';
import { count, ratio, size } from '../../core/params.js';
import { defineDevice } from '../model.js';

/**
 * The server of the published scheduling cases (stack-lower 11): so many commands per second in
 * total, so many side by side. A command takes `parallel / iops` seconds, times its cost; a command
 * costs one, or, with `unitBytes`, one for each unit it moves a part of. With more outstanding than
 * `parallel` the rate is `iops`, and the latency follows from Little's law.
 */
export const constantRate = defineDevice({
  name: 'constant-rate',
  summary: 'a fixed number of commands per second in total, so many side by side',
  params: {
    iops: ratio(1000, 0.001, 100_000_000, 'commands (or units) per second in total'),
    parallel: count(1, 1, 4096, 'commands served side by side'),
    unitBytes: size('0B', '0B', '1GiB', 'bytes that cost one command; 0: size does not matter'),
  },
  create: (_site, { iops, parallel, unitBytes }) => {
    const unitNs = (parallel * 1e9) / iops;
    /** Part of a nanosecond the commands before were too short: the rate stays exact. */
    let rest = 0;
    return {
      channels: parallel,
      serviceNs(op, _lba, blocks) {
        const units =
          unitBytes === 0 || op >= UNMAP ? 1 : Math.max(1, Math.ceil((blocks * 512) / unitBytes));
        const exact = units * unitNs + rest;
        const ns = Math.floor(exact);
        rest = exact - ns;
        return ns;
      },
    };
  },
});
