import { readSync } from 'node:fs';

const SECTOR_BYTES = 512;
/** No device is larger than 2^53 bytes, which is what numbers here are exact to. */
const SECTORS_MAX = 2 ** 44;

/**
 * Sectors of 512 bytes that can be read from an open file: what a block device has, whose size the system
 * does not tell with its other properties. About 90 reads of one sector.
 */
export function sectorsOf(file: number): number {
  const sector = new Uint8Array(SECTOR_BYTES);
  const isThere = (index: number): boolean =>
    readSync(file, sector, 0, SECTOR_BYTES, index * SECTOR_BYTES) === SECTOR_BYTES;
  let [known, beyond] = [0, 1];
  while (beyond < SECTORS_MAX && isThere(beyond - 1)) [known, beyond] = [beyond, 2 * beyond];
  while (beyond - known > 1) {
    const middle = Math.floor((known + beyond) / 2);
    if (isThere(middle - 1)) known = middle;
    else beyond = middle;
  }
  return known;
}
