import type { AdapterType } from './adapter-type.js';

/**
 * Virtual NVMe controller. Disks: stack-upper 19, as of hardware version 21; 256 entries a queue: from
 * memory, one queue per namespace: model; times: model, as PVSCSI: a ring and no exit per command.
 */
export const nvme: AdapterType = {
  name: 'nvme',
  summary: 'NVMe: submission and completion queues in memory',
  pciId: '15AD:07F0',
  disksMax: 64,
  diskQueueDepth: 256,
  ringDepth: 1024,
  issueNs: 1_500,
  interruptNs: 1_000,
};
