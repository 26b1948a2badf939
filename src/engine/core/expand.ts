import { DATA_BLOCKS } from './data-arena.js';
import { BLOCK_BYTES } from './io.js';
import { readStamp } from './stamp.js';

/** Bytes one stamp stands for. */
export const STAMPED_BYTES = DATA_BLOCKS * BLOCK_BYTES;

/** Stamp of bytes that no stamp expands to. */
export const FOREIGN = -4;

const WORDS = 'vmtop stamp ';
/** Bytes of a sector that are text, the last of them a line feed; a pattern follows. */
const TEXT_BYTES = 96;
/** What the stamps below zero say, by how far they are below it. */
const SPOILT = ['', 'unverified data', 'rotten data', 'torn data', 'foreign data'];
const SPACE = 0x20;
const COLON = 0x3a;

/**
 * The 4 KiB a medium that keeps bytes holds for a stamp: each sector begins with its number, the stamp
 * and what it means in words, so that a person sees in a hex dump who wrote it; then a pattern of the
 * stamp and the sector, in which no two sectors are alike. Stamp 0 is zeros.
 */
export function expand(stamp: number): Uint8Array {
  const bytes = new Uint8Array(STAMPED_BYTES);
  if (stamp === 0) return bytes;
  const text = `${WORDS}${stamp}: ${meaning(stamp)}, sector `;
  bytes.fill(SPACE, 0, TEXT_BYTES);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  bytes[TEXT_BYTES - 1] = 0x0a;
  const words = new Uint32Array(bytes.buffer);
  const high = Math.floor(stamp / 0x100000000);
  let word = Math.imul((stamp - high * 0x100000000) ^ high, 0x9e3779b1);
  for (let sector = 0; sector < DATA_BLOCKS; sector++) {
    const at = sector * BLOCK_BYTES;
    if (sector > 0) bytes.copyWithin(at, 0, TEXT_BYTES);
    bytes[at + text.length] = 0x30 + sector;
    for (let index = (at + TEXT_BYTES) / 4; index < (at + BLOCK_BYTES) / 4; index++) {
      word = (Math.imul(word, 0x19660d) + 0x3c6ef35f) | 0;
      words[index] = word;
    }
  }
  return bytes;
}

/** The stamp 4 KiB were expanded from; 0 for zeros, FOREIGN for anything else. */
export function recover(bytes: Uint8Array): number {
  if (bytes[0] === 0) return isZero(bytes) ? 0 : FOREIGN;
  let text = '';
  for (let index = 0; index < WORDS.length + 20 && bytes[index] !== COLON; index++) {
    text += String.fromCharCode(bytes[index]);
  }
  if (!text.startsWith(WORDS)) return FOREIGN;
  const stamp = Number(text.slice(WORDS.length));
  if (!Number.isSafeInteger(stamp) || stamp === 0 || stamp <= -SPOILT.length) return FOREIGN;
  const whole = expand(stamp);
  for (let index = 0; index < STAMPED_BYTES; index++) {
    if (bytes[index] !== whole[index]) return FOREIGN;
  }
  return stamp;
}

function isZero(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== 0) return false;
  return true;
}

function meaning(stamp: number): string {
  const found = readStamp(stamp);
  if (found === undefined) return SPOILT[-stamp];
  return `guest ${found.guest}, block ${found.block}, write ${found.write}`;
}
