import { getU16, getU32, putU16, putU32 } from './bytes.js';

/**
 * A UUID as VMFS writes it: 16 bytes, shown as `time-time-random-MAC`, for example
 * `6553f100-12345678-abcd-005056010203` (VMFS on-disk reference, section 1).
 */
export type Uuid = string;

export const NO_UUID: Uuid = '00000000-00000000-0000-000000000000';
const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function getUuid(bytes: Uint8Array, at: number): Uuid {
  let mac = '';
  for (let index = 10; index < 16; index++) mac += hex(bytes[at + index], 2);
  return [
    hex(getU32(bytes, at), 8),
    hex(getU32(bytes, at + 4), 8),
    hex(getU16(bytes, at + 8), 4),
    mac,
  ].join('-');
}

export function putUuid(bytes: Uint8Array, at: number, uuid: Uuid): void {
  const [low, high, random, mac] = uuid.split('-');
  putU32(bytes, at, Number.parseInt(low, 16));
  putU32(bytes, at + 4, Number.parseInt(high, 16));
  putU16(bytes, at + 8, Number.parseInt(random, 16));
  for (let index = 0; index < 6; index++) {
    bytes[at + 10 + index] = Number.parseInt(mac.slice(2 * index, 2 * index + 2), 16);
  }
}

export function uuidBytes(uuid: Uuid): Uint8Array {
  const bytes = new Uint8Array(16);
  putUuid(bytes, 0, uuid);
  return bytes;
}

export function isUuid(text: string): boolean {
  return SHAPE.test(text);
}

/**
 * @param seconds Unix time, the first word
 * @param random three words of random bits: 32, 16 and 32 of them are used
 * @param mac last six bytes; the ones of a virtual NIC (00:50:56) when left out
 */
export function makeUuid(seconds: number, random: readonly [number, number, number]): Uuid {
  const [high, middle, mac] = random;
  return [
    hex(seconds >>> 0, 8),
    hex(high >>> 0, 8),
    hex(middle & 0xffff, 4),
    `005056${hex(mac & 0xffffff, 6)}`,
  ].join('-');
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
