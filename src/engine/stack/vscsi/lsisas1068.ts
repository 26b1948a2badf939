import type { AdapterType } from './adapter-type.js';

/** LSI Logic SAS. Depths: stack-upper 19; times: model, as LSI Logic parallel. */
export const lsisas1068: AdapterType = {
  name: 'lsisas1068',
  summary: 'LSI Logic SAS: emulated registers, an exit per command',
  pciId: '1000:0054',
  disksMax: 15,
  diskQueueDepth: 32,
  ringDepth: 128,
  issueNs: 4_000,
  interruptNs: 2_500,
};
