import { count, duration, size } from '../../core/params.js';
import { Mechanics } from '../mechanics.js';
import { defineDevice } from '../model.js';

/**
 * A 7,200 rpm near-line disk. Rates and rotation: published data sheet of the Seagate Constellation
 * ES.3 (83 to 175 MB/s, 4.16 ms). Seeks: published data sheets of the HGST Ultrastar 7K4000 (8.2 ms
 * average) and the Seagate Constellation (0.5 ms single track, writes 0.4 ms longer).
 */
export const hdd7k = defineDevice({
  name: 'hdd-7k',
  summary: 'spinning disk, 7,200 rpm near-line',
  params: {
    rpm: count(7_200, 3_600, 20_000, 'revolutions per minute'),
    seekTrack: duration('500us', '0ns', '10ms', 'shortest seek'),
    seekAverage: duration('8.2ms', '0ns', '50ms', 'average seek of random reads'),
    writeSettle: duration('400us', '0ns', '10ms', 'longer seek of writes'),
    rateOuter: size(
      '175000000B',
      '1000000B',
      '1000000000B',
      'bytes per second in the outermost zone',
    ),
    rateInner: size(
      '83000000B',
      '1000000B',
      '1000000000B',
      'bytes per second in the innermost zone',
    ),
  },
  create: (site, values) => new Mechanics(site, values),
});
