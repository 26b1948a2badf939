import { describe, expect, it } from 'vitest';
import {
  decodeBlockLimits,
  decodeProvisioning,
  encodeBlockLimits,
  encodeProvisioning,
} from '../../src/engine/formats/scsi-vpd.js';

const limits = {
  compareAndWriteBlocks: 1,
  unmapBlocks: 0x1_0000,
  unmapDescriptors: 4,
  unmapGranularity: 2048,
  unmapAlignment: 8,
  writeSameBlocks: 0x8000,
};

/** Offsets: SBC-3, as in the stack-lower reference, section 6.4. */
describe('vital product data', () => {
  it('Block Limits stand where SBC-3 says', () => {
    const page = encodeBlockLimits(limits);
    expect([...page.subarray(0, 6)]).toEqual([0, 0xb0, 0, 0x3c, 0, 1]);
    expect([...page.subarray(20, 36)]).toEqual([0, 1, 0, 0, 0, 0, 0, 4, 0, 0, 8, 0, 0x80, 0, 0, 8]);
    expect([...page.subarray(36, 44)]).toEqual([0, 0, 0, 0, 0, 0, 0x80, 0]);
    expect(decodeBlockLimits(page)).toEqual(limits);
  });

  it('an alignment that is not valid counts as none', () => {
    const page = encodeBlockLimits(limits);
    page[32] = 0;
    expect(decodeBlockLimits(page).unmapAlignment).toBe(0);
  });

  it('Logical Block Provisioning has LBPU, LBPRZ and the type', () => {
    const thin = { unmaps: true, readsZeros: true, thin: true };
    const page = encodeProvisioning(thin);
    expect([...page]).toEqual([0, 0xb2, 0, 4, 0, 0x84, 2, 0]);
    expect(decodeProvisioning(page)).toEqual(thin);
  });
});
