import type { AdapterType } from './adapter-type.js';

/** AHCI SATA. Depths: stack-upper 19 (NCQ); times: model, as LSI Logic. The ring: 32 of each port. */
export const ahci: AdapterType = {
  name: 'ahci',
  summary: 'AHCI SATA: 32 commands of each disk by NCQ',
  pciId: '15AD:07E0',
  disksMax: 30,
  diskQueueDepth: 32,
  ringDepth: 960,
  issueNs: 4_000,
  interruptNs: 2_500,
};
