import { isZero, MIB } from './bytes.js';
import { MEDIUM_BLOCK_BYTES } from './medium.js';

interface Clearable {
  read(lba: number, blocks: number, into: Uint8Array): void;
  write(lba: number, blocks: number, from: Uint8Array): void;
}

const ZEROS = new Uint8Array(MIB);

/**
 * Makes a range read as zeros. What does so already is not written: a sparse image stays sparse.
 * @param at bytes, a multiple of 512 as `length` is
 */
export function clearRange(medium: Clearable, at: number, length: number): void {
  const chunk = new Uint8Array(MIB);
  const words = new Uint32Array(chunk.buffer);
  for (let done = 0; done < length; done += MIB) {
    const part = Math.min(MIB, length - done);
    const lba = (at + done) / MEDIUM_BLOCK_BYTES;
    const blocks = part / MEDIUM_BLOCK_BYTES;
    medium.read(lba, blocks, chunk);
    if (!isZero(words.subarray(0, part / 4))) medium.write(lba, blocks, ZEROS);
  }
}
