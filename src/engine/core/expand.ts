import { DATA_BLOCKS } from './data-arena.js';
import { BLOCK_BYTES } from './io.js';
import { readStamp } from './stamp.js';

/** Bytes one stamp stands for. */
export const STAMPED_BYTES = DATA_BLOCKS * BLOCK_BYTES;

/** Stamp of bytes that no stamp expands to. */
export const FOREIGN = -4;

const WORDS = 'vmtop stamp ';
/** What the stamps below zero say, by how far they are below it. */
const SPOILT = ['', 'unverified data', 'rotten data', 'torn data', 'foreign data'];

/**
 * The 4 KiB a medium that keeps bytes holds for a stamp: each sector begins with the stamp and what it
 * means in words, so that a person sees in a hex dump who wrote it; then a pattern of the stamp and the
 * sector, in which no two sectors are alike. Stamp 0 is zeros.
 */
export function expand(stamp: number): Uint8Array {
  const bytes = new Uint8Array(STAMPED_BYTES);
  if (stamp === 0) return bytes;
  for (let sector = 0; sector < DATA_BLOCKS; sector++) {
    const at = sector * BLOCK_BYTES;
    const text = `${WORDS}${stamp}: ${meaning(stamp)}, sector ${sector} of ${DATA_BLOCKS}\n`;
    for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
    let word = Math.imul(((stamp % 0x100000000) | 0) ^ Math.floor(stamp / 0x100000000), 0x9e3779b1);
    word = (word + sector) | 0;
    for (let index = text.length; index < BLOCK_BYTES; index++) {
      word = (Math.imul(word, 0x19660d) + 0x3c6ef35f) | 0;
      bytes[at + index] = word >>> 24;
    }
  }
  return bytes;
}

/** The stamp 4 KiB were expanded from; 0 for zeros, FOREIGN for anything else. */
export function recover(bytes: Uint8Array): number {
  if (bytes[0] === 0) return bytes.every((byte) => byte === 0) ? 0 : FOREIGN;
  let text = '';
  for (let index = 0; index < WORDS.length + 20 && bytes[index] !== COLON; index++) {
    text += String.fromCharCode(bytes[index]);
  }
  if (!text.startsWith(WORDS)) return FOREIGN;
  const stamp = Number(text.slice(WORDS.length));
  if (!Number.isSafeInteger(stamp) || stamp < -SPOILT.length) return FOREIGN;
  const whole = expand(stamp);
  return bytes.every((byte, index) => byte === whole[index]) ? stamp : FOREIGN;
}

const COLON = 0x3a;

function meaning(stamp: number): string {
  const found = readStamp(stamp);
  if (found === undefined) return SPOILT[-stamp] ?? 'unknown';
  return `guest ${found.guest}, block ${found.block}, write ${found.write}`;
}
