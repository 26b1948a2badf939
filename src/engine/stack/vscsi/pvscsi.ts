import type { AdapterType } from './adapter-type.js';

/** VMware Paravirtual. Depths: stack-upper 19; times: model, one ring entry and no exit per command. */
export const pvscsi: AdapterType = {
  name: 'pvscsi',
  summary: 'VMware Paravirtual: shared rings, few exits, deep queues',
  pciId: '15AD:07C0',
  disksMax: 64,
  diskQueueDepth: 64,
  ringDepth: 254,
  issueNs: 1_500,
  interruptNs: 1_000,
};
