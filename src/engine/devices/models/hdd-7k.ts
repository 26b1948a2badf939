import { Drive } from '../hdd/drive.js';
import { driveParams } from '../hdd/settings.js';
import { defineDevice, FROM_MEMORY, MODEL } from '../model.js';

const RATES = 'published data sheet, Seagate Constellation ES.3';
const SEEK = 'published data sheet, HGST Ultrastar 7K4000';
const SETTLE = 'published data sheet, Seagate Constellation';

/** A 7,200 rpm near-line disk. */
export const hdd7k = defineDevice({
  name: 'hdd-7k',
  summary: 'spinning disk, 7,200 rpm near-line',
  params: driveParams({
    rpm: 7_200,
    heads: 10,
    zones: 20,
    rateOuter: '175000000B',
    rateInner: '83000000B',
    seekTrack: '500us',
    seekAverage: '8.2ms',
    seekFull: '15ms',
    headSwitch: '500us',
    writeSettle: '400us',
    commandRead: '50us',
    commandMiss: '50us',
    commandWrite: '50us',
    interfaceRate: '600000000B',
    segments: 32,
    segmentSize: '1MiB',
    queueDepth: 32,
  }),
  sources: {
    rpm: RATES,
    heads: FROM_MEMORY,
    zones: MODEL,
    rateOuter: `${RATES}: 175 MB/s`,
    rateInner: `${RATES}: 83 MB/s`,
    seekTrack: `${SETTLE}: 0.5 ms`,
    seekAverage: `${SEEK}: 8.2 ms`,
    seekFull: 'model: goes on as the root of the distance',
    headSwitch: MODEL,
    writeSettle: `${SETTLE}: writes 0.4 ms longer`,
    commandRead: MODEL,
    commandMiss: MODEL,
    commandWrite: MODEL,
    interfaceRate: 'SAS and SATA of 6 Gbit/s after their 8b/10b code',
    segments: MODEL,
    segmentSize: '32 MB of buffer in 32 segments, from memory',
    lookAhead: MODEL,
    rereads: MODEL,
    queueDepth: 'tags of SATA command queueing',
    writeCache: 'model: off, as near-line SAS disks are delivered',
  },
  create: (site, values) => new Drive(site, values),
});
