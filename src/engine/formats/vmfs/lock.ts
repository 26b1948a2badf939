import { getU32, getU64Saturated, putU32, putU64 } from './bytes.js';
import { getUuid, NO_UUID, putUuid, type Uuid } from './uuid.js';

/** The lock block every file descriptor and resource cluster begins with (reference, section 6). */

export const LOCK_DESCRIPTOR = 0x10c00001;
export const LOCK_FILE_BLOCKS = 0x10c00002;
export const LOCK_SUB_BLOCKS = 0x10c00003;
export const LOCK_POINTER_BLOCKS = 0x10c00004;
export const LOCK_DESCRIPTORS = 0x10c00005;
export const LOCK_SECONDARY = 0x10c00006;
export const LOCK_JOURNAL = 0x10c00007;
export const LOCK_LARGE_BLOCKS = 0x10c00008;

export interface Lock {
  readonly type: number;
  /** Byte address of the block on the volume. */
  readonly address: number;
  readonly heartbeatAddress: number;
  readonly heartbeatGeneration: number;
  /** Grows with every acquisition. */
  readonly token: number;
  /** 0 free, 1 exclusive, 2 shared, 3 multi-writer. */
  readonly mode: number;
  readonly owner: Uuid;
}

export function decodeLock(bytes: Uint8Array): Lock {
  return {
    type: getU32(bytes, 0),
    address: getU64Saturated(bytes, 0x04),
    heartbeatAddress: getU64Saturated(bytes, 0x0c),
    heartbeatGeneration: getU64Saturated(bytes, 0x14),
    token: getU64Saturated(bytes, 0x1c),
    mode: getU32(bytes, 0x24),
    owner: getUuid(bytes, 0x28),
  };
}

/** A lock nobody holds, as a new object gets it: token 1. */
export function encodeFreshLock(into: Uint8Array, type: number, address: number): void {
  putU32(into, 0, type);
  putU64(into, 0x04, address);
  putU64(into, 0x1c, 1);
  putUuid(into, 0x28, NO_UUID);
}
