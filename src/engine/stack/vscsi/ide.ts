import type { AdapterType } from './adapter-type.js';

/** One of the two IDE channels. Depths: stack-upper 19; times: model, several exits per command. */
export const ide: AdapterType = {
  name: 'ide',
  summary: 'IDE channel: two devices, one command at a time',
  pciId: '8086:7111',
  disksMax: 2,
  diskQueueDepth: 1,
  ringDepth: 1,
  issueNs: 10_000,
  interruptNs: 2_500,
};
