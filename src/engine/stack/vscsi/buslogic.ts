import type { AdapterType } from './adapter-type.js';

/** BusLogic. Depths: stack-upper 19 (two of a disk: from memory); times: model, as LSI Logic. */
export const buslogic: AdapterType = {
  name: 'buslogic',
  summary: 'BusLogic: the oldest; its drivers keep one or two commands in flight',
  pciId: '104B:1040',
  disksMax: 15,
  diskQueueDepth: 2,
  ringDepth: 30,
  issueNs: 4_000,
  interruptNs: 2_500,
};
