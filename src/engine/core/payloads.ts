import { assert } from './assert.js';
import { BLOCK_BYTES } from './io.js';

/** Most blocks of 512 bytes a payload holds: 2 MiB, the largest write of metadata by far. */
export const PAYLOAD_BLOCKS = 4096;

/** `data` of the first block of payload 0; further ones are below it. */
const FIRST = -2;

/** True for the `data` of a row that carries bytes of its own, not stamps. */
export function isPayload(data: number): boolean {
  return data <= FIRST;
}

/**
 * Real bytes that rows carry: what file systems write for themselves on media that keep bytes. A row
 * names a payload and a block in it by one number at or below -2 (`data[io]`), which falls by one with
 * every block: a piece of a row starts further on, as with stamps (`Requests.cutData`). Whoever gave a
 * row its payload takes it back when the row has ended; pieces only look.
 */
export class Payloads {
  private readonly slots: (Uint8Array | undefined)[] = [];
  private readonly free: number[] = [];

  /**
   * @param bytes whole blocks of 512, at most PAYLOAD_BLOCKS; a device takes what they are when it acts
   * @returns `data` of a row that carries all of them
   */
  take(bytes: Uint8Array): number {
    const whole = bytes.length % BLOCK_BYTES === 0;
    assert(
      whole && bytes.length <= PAYLOAD_BLOCKS * BLOCK_BYTES,
      `payload of ${bytes.length} bytes`,
    );
    const slot = this.free.pop() ?? this.slots.length;
    this.slots[slot] = bytes;
    return FIRST - slot * PAYLOAD_BLOCKS;
  }

  give(data: number): void {
    const slot = slotOf(data);
    assert(this.slots[slot] !== undefined, `payload ${slot} given back twice`);
    this.slots[slot] = undefined;
    this.free.push(slot);
  }

  /** A view of the `blocks` blocks that a row with this `data` carries. */
  bytesOf(data: number, blocks: number): Uint8Array {
    const slot = slotOf(data);
    const bytes = this.slots[slot];
    const from = ((FIRST - data) % PAYLOAD_BLOCKS) * BLOCK_BYTES;
    if (bytes === undefined || from + blocks * BLOCK_BYTES > bytes.length) {
      assert(false, `payload ${slot} does not hold ${blocks} blocks from byte ${from}`);
    }
    return bytes.subarray(from, from + blocks * BLOCK_BYTES);
  }
}

function slotOf(data: number): number {
  return Math.floor((FIRST - data) / PAYLOAD_BLOCKS);
}
