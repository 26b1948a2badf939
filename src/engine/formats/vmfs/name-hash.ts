import { encodeName } from './bytes.js';

/**
 * Hash of a name in a directory of VMFS 6: Bob Jenkins' 64-bit `lookup8` over 32 words of 64 bits
 * (reference, section 13.4). Test vectors there.
 */

const MASK = 0xffffffffffffffffn;
const PAD = 0x739a75c28e61b017n;
const WORDS = 32;
const KEY_BYTES = 127;
/** Slots of the hash table, and of those names in the root directory may use. */
const SLOTS = 16001;
const ROOT_SLOTS = 15973;

/** Names with a slot of their own in the root directory. */
const FIXED: Readonly<Record<string, number>> = {
  '.fbb.sf': 0x3e66,
  '.fdc.sf': 0x3e67,
  '.pbc.sf': 0x3e68,
  '.sbc.sf': 0x3e69,
  '.vh.sf': 0x3e6a,
  '.pb2.sf': 0x3e6b,
  '.sdd.sf': 0x3e6c,
  '.jbc.sf': 0x3e6d,
  '.unmap.sf': 0x3e6e,
  '.dfd.sf': 0x3e6f,
};

export interface NameHash {
  /** Slot of the hash table, 0 to 16000. */
  readonly slot: number;
  /** Tells names that share a slot apart, 16 bits. */
  readonly link: number;
  /** What the record has of the hash: its low 32 bits; zero for names with a slot of their own. */
  readonly stored: number;
}

export function hashName(name: string, inRoot: boolean): NameHash {
  const fixed = inRoot ? FIXED[name] : undefined;
  if (fixed !== undefined) return { slot: fixed, link: fixed, stored: 0 };
  const hash = lookup8(keyOf(name));
  return {
    slot: Number(hash % BigInt(inRoot ? ROOT_SLOTS : SLOTS)),
    link: Number((hash >> 16n) & 0xffffn),
    stored: Number(hash & 0xffffffffn),
  };
}

/** The name in 32 words, padded with a constant up to byte 127 and zeros behind it. */
function keyOf(name: string): bigint[] {
  const bytes = encodeName(name);
  const words = new Array<bigint>(WORDS).fill(0n);
  bytes.forEach((byte, index) => {
    words[index >> 3] |= BigInt(byte) << BigInt(8 * (index & 7));
  });
  for (let at = (bytes.length + 8) & ~7; at < KEY_BYTES; at += 8) words[at >> 3] = PAD;
  return words;
}

const SHIFTS: readonly (readonly [right: boolean, bits: bigint])[] = [
  [true, 43n],
  [false, 9n],
  [true, 8n],
  [true, 38n],
  [false, 23n],
  [true, 5n],
  [true, 35n],
  [false, 49n],
  [true, 11n],
  [true, 12n],
  [false, 18n],
  [true, 22n],
];

function lookup8(words: readonly bigint[]): bigint {
  const state = [42n, 42n, 0x9e3779b97f4a7c13n];
  let at = 0;
  for (; at + 3 <= words.length; at += 3) {
    for (let index = 0; index < 3; index++) {
      state[index] = (state[index] + words[at + index]) & MASK;
    }
    mix(state);
  }
  state[2] = (state[2] + BigInt(words.length)) & MASK;
  for (let index = 0; at + index < words.length; index++) {
    state[index] = (state[index] + words[at + index]) & MASK;
  }
  mix(state);
  return state[2];
}

/** Each of the three words in turn: less the two others, then changed by a shift of the last one. */
function mix(state: bigint[]): void {
  SHIFTS.forEach(([right, bits], step) => {
    const target = step % 3;
    const one = state[(step + 1) % 3];
    const other = state[(step + 2) % 3];
    const shifted = right ? other >> bits : (other << bits) & MASK;
    state[target] = ((state[target] - one - other) & MASK) ^ shifted;
  });
}
