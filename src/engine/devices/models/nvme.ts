import { count, duration, ratio, size } from '../../core/params.js';
import { CollectedFlash } from '../flash/collected.js';
import { COLLECTION_SOURCES, collectionParams } from '../flash/settings.js';
import { FlashMedia } from '../flash.js';
import { defineDevice, MODEL } from '../model.js';

const READS =
  'fitted to the Intel SSD DC P3700: 450,000 random reads/s, 8,900 at queue depth 1, published tests';
const WRITES = 'fitted to the Intel SSD DC P3700: 175,000 random writes/s, from memory';

/** An NVMe data-centre SSD. */
export const nvme = defineDevice({
  name: 'nvme',
  summary: 'NVMe flash',
  params: {
    channels: count(48, 1, 256, 'reads served side by side'),
    read: duration('105us', '1us', '10ms', 'time to read before the transfer'),
    write: duration('20us', '1us', '10ms', 'time to take a write into the buffer'),
    program: duration('5.7us', '0ns', '10ms', 'time per write behind the buffer, one at a time'),
    spread: ratio(0.15, 0, 1, 'largest deviation of read and write, as a share'),
    readRate: size('2800000000B', '1000000B', '100000000000B', 'bytes per second of the interface'),
    writeRate: size(
      '1900000000B',
      '1000000B',
      '100000000000B',
      'bytes per second of the interface',
    ),
    ...collectionParams(240),
  },
  sources: {
    channels: READS,
    read: READS,
    write: WRITES,
    program: WRITES,
    spread: MODEL,
    readRate: 'Intel SSD DC P3700, from memory',
    writeRate: 'Intel SSD DC P3700, from memory',
    ...COLLECTION_SOURCES,
  },
  create: (site, values) =>
    values.overProvisioning > 0 ? new CollectedFlash(site, values) : new FlashMedia(site, values),
});
