import { Drive } from '../hdd/drive.js';
import { driveParams } from '../hdd/settings.js';
import { defineDevice, FROM_MEMORY, MODEL } from '../model.js';

const SEEKS = 'published data sheet, Hitachi Ultrastar 15K450';
const RATES = 'Seagate Cheetah 15K.7, from memory';

/** A 15,000 rpm SAS disk, as arrays use it: without its write cache. */
export const hdd = defineDevice({
  name: 'hdd',
  summary: 'spinning disk, 15,000 rpm SAS',
  params: driveParams({
    rpm: 15_000,
    heads: 8,
    zones: 20,
    rateOuter: '204000000B',
    rateInner: '122000000B',
    seekTrack: '200us',
    seekAverage: '3.3ms',
    seekFull: '6ms',
    headSwitch: '200us',
    writeSettle: '500us',
    commandRead: '50us',
    commandMiss: '50us',
    commandWrite: '50us',
    interfaceRate: '600000000B',
    segments: 32,
    segmentSize: '512KiB',
    queueDepth: 32,
  }),
  sources: {
    rpm: SEEKS,
    heads: FROM_MEMORY,
    zones: MODEL,
    rateOuter: RATES,
    rateInner: RATES,
    seekTrack: FROM_MEMORY,
    seekAverage: `${SEEKS}: typical read 3.3 ms`,
    seekFull: 'model: goes on as the root of the distance',
    headSwitch: MODEL,
    writeSettle: `${SEEKS}: typical write 3.8 ms, 0.5 ms longer`,
    commandRead: MODEL,
    commandMiss: MODEL,
    commandWrite: MODEL,
    interfaceRate: 'SAS of 6 Gbit/s after its 8b/10b code',
    segments: MODEL,
    segmentSize: '16 MB buffer from memory, 32 segments',
    lookAhead: MODEL,
    rereads: MODEL,
    queueDepth: 'model: of its 128 tags (from memory) those worth a look',
    writeCache: 'model: arrays turn it off, it would lose writes with the power',
  },
  create: (site, values) => new Drive(site, values),
});
