import { nextData, readAny, STEP } from './copy.js';
import { isZeroes, Run, type Sectors } from './extent.js';
import { SECTOR } from './medium.js';

/** Given from outside: what a machine has for it is many times faster than a loop here. */
export type Checksum = (bytes: Uint8Array) => number;

/**
 * Checksums of the steps of a copy: they tell whether what was written is what was read, and the source
 * needs not be read, nor decompressed, again. A change goes unnoticed once in 2 to the power of their bits.
 */
export class CopySums {
  /** Sectors where steps that were copied begin, ascending, and their checksums. */
  private readonly starts: number[] = [];
  private readonly sums: number[] = [];

  constructor(private readonly checksum: Checksum) {}

  add(sector: number, bytes: Uint8Array): void {
    this.starts.push(sector);
    this.sums.push(this.checksum(bytes));
  }

  /**
   * Reads a copy; what was not copied has to be zeros.
   * @param end sectors of the source that were copied
   * @returns the first sector of the first step that is wrong, or -1; yields the part that is done
   */
  *wrongIn(copy: Sectors, end: number): Generator<number, number> {
    const { starts, sums } = this;
    const run = new Run();
    const bytes = new Uint8Array(STEP * SECTOR);
    let known = 0;
    for (let at = 0; at < copy.sectors; at += STEP) {
      const data = Math.floor(nextData(copy, at, copy.sectors, run) / STEP) * STEP;
      at = Math.max(at, Math.min(data, starts[known] ?? copy.sectors));
      if (at >= copy.sectors) break;
      const count = Math.min(STEP, copy.sectors - at);
      readAny(copy, at, count, bytes, run);
      let copied = 0;
      if (starts[known] === at) {
        copied = Math.min(STEP, end - at) * SECTOR;
        if (this.checksum(bytes.subarray(0, copied)) !== sums[known++]) return at;
      }
      if (!isZeroes(bytes, copied, count * SECTOR)) return at;
      yield at / copy.sectors;
    }
    return known === starts.length ? -1 : starts[known];
  }
}
