import { BLOCK_BYTES } from '../../../../core/io.js';
import { putU64 } from '../../../../formats/vmfs/bytes.js';
import {
  encodeHeartbeat,
  encodeReplayer,
  HEARTBEAT_BREAKING,
  HEARTBEAT_CLEAR,
  JOURNAL_AT,
} from '../../../../formats/vmfs/heartbeat.js';
import { decodeLock, releasedLock, takenLock } from '../../../../formats/vmfs/lock.js';
import { NO_UUID } from '../../../../formats/vmfs/uuid.js';
import type { Swap } from '../metadata-io.js';
import type { VolumeBytes } from './volume-bytes.js';

/** No host. */
export const NOBODY = -1;

/**
 * What a host sends to take a lock (VMFS on-disk reference, section 6). It expects to find the lock free,
 * or left behind by a host that was recovered: otherwise the device will find a difference.
 * @param lba of the lock on the volume, in blocks
 */
export function takeLock(bytes: VolumeBytes, lba: number, host: number, nowNs: number): Swap {
  const found = bytes.onMedium(lba);
  const lock = decodeLock(found);
  const isFree = lock.mode === 0 || bytes.core.isStale(lock);
  const { address, generation, owner } = bytes.sessions[host].heartbeat;
  const holder = { heartbeatAddress: address, heartbeatGeneration: generation, host: owner };
  const expected = isFree ? found : releasedLock(found);
  return { expected, bytes: takenLock(expected, holder, Math.floor(nowNs / 1000)) };
}

/** What a host sends to give up a lock; one it has not (any more) stays as it is. */
export function giveLock(bytes: VolumeBytes, lba: number, host: number): Swap {
  const found = bytes.onMedium(lba);
  const isOwn = holderOf(bytes, lba) === host;
  return { expected: found, bytes: isOwn ? releasedLock(found) : found };
}

/** What changes nothing, and tells only whether the device can be reached. */
export function lookAt(bytes: VolumeBytes, lba: number): Swap {
  const found = bytes.onMedium(lba);
  return { expected: found, bytes: found };
}

/** Number of the host that has a lock by what the medium says; NOBODY where it is free or stale. */
export function holderOf(bytes: VolumeBytes, lba: number): number {
  const lock = decodeLock(bytes.onMedium(lba));
  if (lock.mode === 0) return NOBODY;
  return bytes.sessions.findIndex(
    ({ heartbeat }) =>
      heartbeat.address === lock.heartbeatAddress &&
      heartbeat.generation === lock.heartbeatGeneration &&
      heartbeat.owner === lock.owner,
  );
}

/** What a host sends every three seconds: its slot with the time now. */
export function beat(bytes: VolumeBytes, host: number, nowNs: number): Swap {
  const { heartbeat } = bytes.sessions[host];
  const stamp = heartbeat.stamp + Math.floor(nowNs / 1000);
  return slotWith(bytes, host, (block) =>
    encodeHeartbeat(block, { ...heartbeat, stamp }, bytes.core.generation),
  );
}

/** Marks the slot of a dead host as being recovered by another (same reference, section 7). */
export function markSlot(bytes: VolumeBytes, dead: number, by: number): Swap {
  const { heartbeat } = bytes.sessions[dead];
  const { address, generation, owner } = bytes.sessions[by].heartbeat;
  return slotWith(bytes, dead, (block) => {
    const marked = { ...heartbeat, state: HEARTBEAT_BREAKING };
    encodeHeartbeat(block, marked, bytes.core.generation);
    const replayer = { host: owner, heartbeatAddress: address, heartbeatGeneration: generation };
    encodeReplayer(block, replayer);
  });
}

/** Clears a slot: every lock its host has is stale from then on. */
export function clearSlot(bytes: VolumeBytes, dead: number): Swap {
  const { heartbeat } = bytes.sessions[dead];
  const generation = heartbeat.generation + 1;
  const cleared = { state: HEARTBEAT_CLEAR, owner: NO_UUID, journal: 0, generation };
  return slotWith(bytes, dead, (block) => {
    encodeHeartbeat(block, { ...heartbeat, ...cleared }, bytes.core.generation);
    if (bytes.core.generation.product === 6) putU64(block, JOURNAL_AT, 0);
  });
}

function slotWith(bytes: VolumeBytes, host: number, change: (block: Uint8Array) => void): Swap {
  const expected = bytes.onMedium(bytes.sessions[host].heartbeat.address / BLOCK_BYTES);
  const block = expected.slice();
  change(block);
  return { expected, bytes: block };
}
