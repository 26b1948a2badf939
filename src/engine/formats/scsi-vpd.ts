/**
 * Two vital product data pages of INQUIRY, bytes <-> records: Block Limits (B0h) and Logical Block
 * Provisioning (B2h). Layouts: SBC-3, as in the stack-lower reference, section 6.4. Lengths are in
 * blocks of 512 bytes.
 */

export const VPD_BLOCK_LIMITS = 0xb0;
export const VPD_PROVISIONING = 0xb2;

/** How much one command may ask for. */
export interface BlockLimits {
  /** COMPARE AND WRITE; 0: not supported. */
  readonly compareAndWriteBlocks: number;
  /** UNMAP, all descriptors together; 0: not supported. */
  readonly unmapBlocks: number;
  readonly unmapDescriptors: number;
  /** What the array gives back at once, and where the first such piece begins. */
  readonly unmapGranularity: number;
  readonly unmapAlignment: number;
  /** WRITE SAME; 0: no limit is reported. */
  readonly writeSameBlocks: number;
}

/** What a logical unit does about space. */
export interface Provisioning {
  /** LBPU: takes UNMAP. */
  readonly unmaps: boolean;
  /** LBPRZ: unmapped blocks read as zeros. */
  readonly readsZeros: boolean;
  readonly thin: boolean;
}

const LIMITS_LENGTH = 64;
const PROVISIONING_LENGTH = 8;
/** UGAVALID: the alignment field holds something. */
const ALIGNMENT_VALID = 0x8000_0000;
const LBPU = 0x80;
const LBPRZ = 0x04;
const THIN = 2;

function page(code: number, length: number): DataView {
  const view = new DataView(new ArrayBuffer(length));
  view.setUint8(1, code);
  view.setUint16(2, length - 4);
  return view;
}

export function encodeBlockLimits(limits: BlockLimits): Uint8Array {
  const view = page(VPD_BLOCK_LIMITS, LIMITS_LENGTH);
  view.setUint8(5, limits.compareAndWriteBlocks);
  view.setUint32(20, limits.unmapBlocks);
  view.setUint32(24, limits.unmapDescriptors);
  view.setUint32(28, limits.unmapGranularity);
  view.setUint32(32, (ALIGNMENT_VALID | limits.unmapAlignment) >>> 0);
  view.setUint32(40, limits.writeSameBlocks);
  return new Uint8Array(view.buffer);
}

export function decodeBlockLimits(bytes: Uint8Array): BlockLimits {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const alignment = view.getUint32(32);
  return {
    compareAndWriteBlocks: view.getUint8(5),
    unmapBlocks: view.getUint32(20),
    unmapDescriptors: view.getUint32(24),
    unmapGranularity: view.getUint32(28),
    unmapAlignment: alignment >= ALIGNMENT_VALID ? alignment - ALIGNMENT_VALID : 0,
    writeSameBlocks: view.getUint32(36) * 0x1_0000_0000 + view.getUint32(40),
  };
}

export function encodeProvisioning({ unmaps, readsZeros, thin }: Provisioning): Uint8Array {
  const view = page(VPD_PROVISIONING, PROVISIONING_LENGTH);
  view.setUint8(5, (unmaps ? LBPU : 0) | (readsZeros ? LBPRZ : 0));
  view.setUint8(6, thin ? THIN : 0);
  return new Uint8Array(view.buffer);
}

export function decodeProvisioning(bytes: Uint8Array): Provisioning {
  return {
    unmaps: (bytes[5] & LBPU) !== 0,
    readsZeros: (bytes[5] & LBPRZ) !== 0,
    thin: (bytes[6] & 7) === THIN,
  };
}
