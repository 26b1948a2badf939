import { getText, getU32, getU64Saturated, putText, putU32, putU64 } from './bytes.js';
import { type Generation, HEARTBEATS_AT } from './generation.js';
import { getUuid, putUuid, type Uuid } from './uuid.js';

/** A host's slot in the heartbeat region (reference, section 7). */

/** VMFS 6 has the journal's volume address in the slot (reference, section 7). */
export const JOURNAL_AT = 0x64;

export const HEARTBEAT_CLEAR = 0xabcdef01;
export const HEARTBEAT_IN_USE = 0xabcdef02;
export const HEARTBEAT_BREAKING = 0xabcdef03;

export interface Heartbeat {
  readonly state: number;
  readonly address: number;
  /** Grows when the slot is taken and when it is cleared. */
  readonly generation: number;
  /** Microseconds of the host's uptime. */
  readonly stamp: number;
  readonly owner: Uuid;
  /** Address of the host's journal as it stands on disk; zero when there is none. */
  readonly journal: number;
}

/** Bytes of a slot: one metadata unit. */
export function heartbeatAddress(generation: Generation, slot: number): number {
  return HEARTBEATS_AT + slot * generation.unitBytes;
}

export function decodeHeartbeat(bytes: Uint8Array): Heartbeat {
  return {
    state: getU32(bytes, 0),
    address: getU64Saturated(bytes, 0x04),
    generation: getU64Saturated(bytes, 0x0c),
    stamp: getU64Saturated(bytes, 0x14),
    owner: getUuid(bytes, 0x1c),
    journal: getU32(bytes, 0x2c),
  };
}

/** Where real hosts note their IP address (one source); vmtop's hosts have none. */
const NAME_AT = 0x36;
const NAME_BYTES = 46;
const OWN_NAME = 'vmtop';

/** Notes in a slot that its host is one of vmtop: its journal is one vmtop can read. */
export function markOurs(slot: Uint8Array): void {
  putText(slot, NAME_AT, NAME_BYTES, OWN_NAME);
}

export function isOurs(slot: Uint8Array): boolean {
  return getText(slot, NAME_AT, NAME_BYTES) === OWN_NAME;
}

/** Who replays the journal of a slot that is being broken: uuid, and its own slot (one source). */
export interface Replayer {
  readonly host: Uuid;
  readonly heartbeatAddress: number;
  readonly heartbeatGeneration: number;
}

export function decodeReplayer(bytes: Uint8Array): Replayer {
  return {
    host: getUuid(bytes, 0x6c),
    heartbeatAddress: getU64Saturated(bytes, 0x94),
    heartbeatGeneration: getU64Saturated(bytes, 0x9c),
  };
}

export function encodeReplayer(into: Uint8Array, replayer: Replayer): void {
  putUuid(into, 0x6c, replayer.host);
  putU64(into, 0x94, replayer.heartbeatAddress);
  putU64(into, 0x9c, replayer.heartbeatGeneration);
}

/** The fields of a slot; the rest of the block stays as it is. */
export function encodeHeartbeat(
  into: Uint8Array,
  heartbeat: Heartbeat,
  generation: Generation,
): void {
  putU32(into, 0, heartbeat.state);
  putU64(into, 0x04, heartbeat.address);
  putU64(into, 0x0c, heartbeat.generation);
  putU64(into, 0x14, heartbeat.stamp);
  putUuid(into, 0x1c, heartbeat.owner);
  putU32(into, 0x2c, heartbeat.journal);
  putU32(into, 0x30, generation.fsMajor);
  into[0x34] = generation.fsMinor;
}
