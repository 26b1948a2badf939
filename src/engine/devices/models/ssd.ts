import { count, duration, ratio, size } from '../../core/params.js';
import { FlashMedia } from '../flash.js';
import { defineDevice } from '../model.js';

/**
 * A SATA or SAS data-centre SSD. Fitted to published figures of the Intel SSD DC S3700 (from memory):
 * 75,000 random reads and 36,000 random writes of 4 KiB per second, 500 and 460 MB/s.
 */
export const ssd = defineDevice({
  name: 'ssd',
  summary: 'SATA or SAS flash',
  params: {
    channels: count(8, 1, 256, 'reads served side by side'),
    read: duration('99us', '1us', '10ms', 'time to read before the transfer'),
    write: duration('60us', '1us', '10ms', 'time to take a write into the buffer'),
    program: duration('27.7us', '0ns', '10ms', 'time per write behind the buffer, one at a time'),
    spread: ratio(0.15, 0, 1, 'largest deviation of read and write, as a share'),
    readRate: size('500000000B', '1000000B', '100000000000B', 'bytes per second of the interface'),
    writeRate: size('460000000B', '1000000B', '100000000000B', 'bytes per second of the interface'),
  },
  create: (site, values) => new FlashMedia(site, values),
});
