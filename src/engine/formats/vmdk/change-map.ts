import { assert } from '../../core/assert.js';
import { alignUp, putU32 } from '../vmfs/bytes.js';
import { SECTOR } from './medium.js';

/** First bytes of a `-ctk.vmdk`, and what is known of its header (vmdk-formats reference, 12). */
const MAGIC = 0xf61972a2;
const VERSION = 1;
const UUID_AT = 44;
const UUID_DIGITS = 32;

/**
 * A `-ctk.vmdk`: the header as far as it is public, the rest of it zeros. The body is vmtop's own, for
 * VMware's is not documented: a word for each granule, the epoch it was written in last.
 * @param uuid of the change id, 32 hexadecimal digits
 * @returns whole sectors
 */
export function encodeChangeMap(uuid: string, epochs: Uint32Array): Uint8Array {
  assert(uuid.length === UUID_DIGITS, `a change id of ${uuid.length} digits`);
  const bytes = new Uint8Array(alignUp(SECTOR + epochs.length * 4, SECTOR));
  putU32(bytes, 0, MAGIC);
  putU32(bytes, 4, VERSION);
  putU32(bytes, 12, SECTOR);
  for (let at = 0; at < UUID_DIGITS / 2; at++) {
    bytes[UUID_AT + at] = Number.parseInt(uuid.slice(at * 2, at * 2 + 2), 16);
  }
  for (const [granule, epoch] of epochs.entries()) putU32(bytes, SECTOR + granule * 4, epoch);
  return bytes;
}
