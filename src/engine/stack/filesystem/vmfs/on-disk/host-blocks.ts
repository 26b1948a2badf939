import { BLOCK_BYTES } from '../../../../core/io.js';
import { putU32, putU64 } from '../../../../formats/vmfs/bytes.js';
import { encodeHeartbeat } from '../../../../formats/vmfs/heartbeat.js';
import { decodeLock } from '../../../../formats/vmfs/lock.js';
import { NO_UUID, putUuid } from '../../../../formats/vmfs/uuid.js';
import type { VolumeBytes } from './volume-bytes.js';

/** Lock modes (VMFS on-disk reference, section 6). */
const LOCK_FREE = 0;
const LOCK_EXCLUSIVE = 1;

/** No host. */
export const NOBODY = -1;

/**
 * The block a host writes to take a lock, or to give it up (VMFS on-disk reference, section 6: token
 * one higher, mode, heartbeat address and generation, owner).
 * @param lba of the lock on the volume, in blocks
 * @param holder number of the host that holds it then, or NOBODY
 */
export function lockBytes(bytes: VolumeBytes, lba: number, holder: number): Uint8Array {
  const block = bytes.core.store.read(lba * BLOCK_BYTES, BLOCK_BYTES).slice();
  const { token } = decodeLock(block);
  const heartbeat = bytes.sessions[holder]?.heartbeat;
  putU64(block, 0x0c, heartbeat?.address ?? 0);
  putU64(block, 0x14, heartbeat?.generation ?? 0);
  putU64(block, 0x1c, heartbeat === undefined ? token : token + 1);
  putU32(block, 0x24, heartbeat === undefined ? LOCK_FREE : LOCK_EXCLUSIVE);
  putUuid(block, 0x28, heartbeat?.owner ?? NO_UUID);
  return block;
}

/** The block a host writes every three seconds: its slot with the time now. */
export function heartbeatBytes(bytes: VolumeBytes, host: number, nowNs: number): Uint8Array {
  const { heartbeat } = bytes.sessions[host];
  const { store, generation } = bytes.core;
  const block = store.read(heartbeat.address, BLOCK_BYTES).slice();
  const stamp = heartbeat.stamp + Math.floor(nowNs / 1000);
  encodeHeartbeat(block, { ...heartbeat, stamp }, generation);
  return block;
}
