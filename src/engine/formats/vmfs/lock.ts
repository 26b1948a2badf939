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

/** Offsets of its own address and of the mode in a lock block. */
export const LOCK_ADDRESS_AT = 0x04;
export const LOCK_MODE_AT = 0x24;
const EXCLUSIVE = 1;
/** Token, mode, owner and time of a lock block. */
const TOKEN_AT = 0x1c;
const OWNER_AT = 0x28;
const CHANGED_AT = 0x38;

/** Who takes a lock. */
export interface LockHolder {
  readonly heartbeatAddress: number;
  readonly heartbeatGeneration: number;
  readonly host: Uuid;
}

/**
 * The lock block of one who takes the lock exclusively.
 * @param free lock block as it stands on disk, of nobody or of a dead host
 * @param uptimeUs microseconds since the host started
 */
export function takenLock(free: Uint8Array, holder: LockHolder, uptimeUs: number): Uint8Array {
  const bytes = free.slice();
  putU64(bytes, 0x0c, holder.heartbeatAddress);
  putU64(bytes, 0x14, holder.heartbeatGeneration);
  putU64(bytes, TOKEN_AT, getU64Saturated(free, TOKEN_AT) + 1);
  putU32(bytes, LOCK_MODE_AT, EXCLUSIVE);
  putUuid(bytes, OWNER_AT, holder.host);
  putU64(bytes, CHANGED_AT, uptimeUs);
  return bytes;
}

/** The same lock given back: the holder's heartbeat stays named (reference, section 6). */
export function releasedLock(taken: Uint8Array): Uint8Array {
  const bytes = taken.slice();
  putU32(bytes, LOCK_MODE_AT, 0);
  putUuid(bytes, OWNER_AT, NO_UUID);
  return bytes;
}

/** A lock nobody holds, as a new object gets it: token 1. */
export function encodeFreshLock(into: Uint8Array, type: number, address: number): void {
  putU32(into, 0, type);
  putU64(into, 0x04, address);
  putU64(into, 0x1c, 1);
  putUuid(into, 0x28, NO_UUID);
}
