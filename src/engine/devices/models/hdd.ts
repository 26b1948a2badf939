import { count, duration, size } from '../../core/params.js';
import { Mechanics } from '../mechanics.js';
import { defineDevice } from '../model.js';

/**
 * A 15,000 rpm SAS disk. Seeks: published data sheet of the Hitachi Ultrastar 15K450 (typical 3.3 ms
 * read, 3.8 ms write). Rates: Seagate Cheetah 15K.7, 122 to 204 MB/s, from memory. Track to track:
 * from memory.
 */
export const hdd = defineDevice({
  name: 'hdd',
  summary: 'spinning disk, 15,000 rpm SAS',
  params: {
    rpm: count(15_000, 3_600, 20_000, 'revolutions per minute'),
    seekTrack: duration('200us', '0ns', '10ms', 'shortest seek'),
    seekAverage: duration('3.3ms', '0ns', '50ms', 'average seek of random reads'),
    writeSettle: duration('500us', '0ns', '10ms', 'longer seek of writes'),
    rateOuter: size(
      '204000000B',
      '1000000B',
      '1000000000B',
      'bytes per second in the outermost zone',
    ),
    rateInner: size(
      '122000000B',
      '1000000B',
      '1000000000B',
      'bytes per second in the innermost zone',
    ),
  },
  create: (site, values) => new Mechanics(site, values),
});
