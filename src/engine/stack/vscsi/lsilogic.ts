import type { AdapterType } from './adapter-type.js';

/** LSI Logic parallel. Depths: stack-upper 19; times: model, register accesses that exit the guest. */
export const lsilogic: AdapterType = {
  name: 'lsilogic',
  summary: 'LSI Logic parallel: emulated registers, an exit per command',
  pciId: '1000:0030',
  disksMax: 15,
  diskQueueDepth: 32,
  ringDepth: 128,
  issueNs: 4_000,
  interruptNs: 2_500,
};
