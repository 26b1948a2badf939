import { assert } from '../core/assert.js';
import type { Stream } from '../core/random.js';

/** Constants of the public-domain `lowbias32` mixing function, as in core/random.ts. */
function mix(value: number): number {
  const x = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  const y = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return y ^ (y >>> 16);
}

/**
 * A fixed shuffle of the numbers below `size`, computed and not stored: a Feistel network over the
 * next power of two, walked until it lands inside (Black and Rogaway, 2002: cycle walking).
 */
export class Scatter {
  private readonly leftMask: number;
  private readonly rightMask: number;
  private readonly rightSize: number;
  private readonly keyA: number;
  private readonly keyB: number;
  private readonly keyC: number;
  private readonly keyD: number;

  /** @param size up to 2^52 */
  constructor(
    private readonly size: number,
    stream: Stream,
  ) {
    assert(size >= 1 && size <= 0x10000000000000, `shuffle of ${size} numbers`);
    let leftSize = 2;
    let rightSize = 2;
    while (leftSize * rightSize < size) {
      if (rightSize > leftSize) leftSize *= 2;
      else rightSize *= 2;
    }
    this.leftMask = leftSize - 1;
    this.rightMask = rightSize - 1;
    this.rightSize = rightSize;
    this.keyA = stream.next();
    this.keyB = stream.next();
    this.keyC = stream.next();
    this.keyD = stream.next();
  }

  /** Where the number goes. */
  of(number: number): number {
    const { leftMask, rightMask, rightSize } = this;
    let place = number;
    do {
      let left = Math.floor(place / rightSize);
      let right = place - left * rightSize;
      left ^= mix(right ^ this.keyA) & leftMask;
      right ^= mix(left ^ this.keyB) & rightMask;
      left ^= mix(right ^ this.keyC) & leftMask;
      right ^= mix(left ^ this.keyD) & rightMask;
      place = left * rightSize + right;
    } while (place >= this.size);
    return place;
  }
}
