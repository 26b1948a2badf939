/**
 * Folds every completion of a run into 64 bits. Two runs are equal when their digests are equal.
 * Two 32-bit lanes of multiply-and-xor with different constants; integers only.
 */
export class Digest {
  private high = 0x243f6a88;
  private low = 0x85a308d3;
  /** Completions folded so far. */
  count = 0;

  /** One completion: what was asked, how it ended, how long it took (ns). */
  add(
    op: number,
    disk: number,
    lba: number,
    blocks: number,
    status: number,
    latencyNs: number,
  ): void {
    this.count++;
    let a = this.low ^ (op + (disk << 4));
    a = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d) ^ (lba % 0x100000000);
    a = Math.imul(a ^ (a >>> 12), 0x297a2d39) ^ (lba / 0x100000000);
    a = Math.imul(a ^ (a >>> 15), 0x1b56c4e9) ^ blocks;
    let b = this.high ^ (latencyNs % 0x100000000);
    b = Math.imul(b ^ (b >>> 16), 0x21f0aaad) ^ (latencyNs / 0x100000000);
    b = Math.imul(b ^ (b >>> 15), 0x735a2d97) ^ status;
    this.low = Math.imul(a ^ (b >>> 13), 0x5bd1e995) ^ b;
    this.high = Math.imul(b ^ (a >>> 11), 0x7feb352d) + a;
  }

  /** Sixteen hexadecimal digits. */
  toString(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
    return hex(this.high) + hex(this.low);
  }
}
