import { count, duration, ratio, size } from '../../core/params.js';
import { CollectedFlash } from '../flash/collected.js';
import { COLLECTION_SOURCES, collectionParams } from '../flash/settings.js';
import { FlashMedia } from '../flash.js';
import { defineDevice, MODEL } from '../model.js';

const READS = 'fitted to the Intel SSD DC S3700, from memory: 75,000 random reads/s of 4 KiB';
const WRITES = 'fitted to the Intel SSD DC S3700, from memory: 36,000 random writes/s of 4 KiB';

/** A SATA or SAS data-centre SSD. */
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
    ...collectionParams(48),
  },
  sources: {
    channels: READS,
    read: READS,
    write: WRITES,
    program: WRITES,
    spread: MODEL,
    readRate: 'Intel SSD DC S3700, from memory: 500 MB/s',
    writeRate: 'Intel SSD DC S3700, from memory: 460 MB/s',
    ...COLLECTION_SOURCES,
  },
  create: (site, values) =>
    values.overProvisioning > 0 ? new CollectedFlash(site, values) : new FlashMedia(site, values),
});
