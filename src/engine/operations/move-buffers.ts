import { DATA_BLOCKS, NO_DATA } from '../core/data-arena.js';
import { BLOCK_BYTES } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { OUTSTANDING } from './data-mover.js';

/**
 * What the pieces of an operation carry from where they are read to where they are written, one buffer
 * for each slot: bytes where both keep them, else stamps, which stand for whole blocks of 4 KiB only.
 */
export class MoveBuffers {
  private readonly data: number[];

  /** @param mostBlocks of a piece */
  constructor(
    private readonly sim: Sim,
    private readonly mostBlocks: number,
    private readonly keepsBytes: boolean,
  ) {
    this.data = Array.from({ length: OUTSTANDING }, () => {
      if (keepsBytes) return sim.payloads.take(new Uint8Array(mostBlocks * BLOCK_BYTES));
      return sim.arena?.reserve(mostBlocks / DATA_BLOCKS) ?? NO_DATA;
    });
  }

  /**
   * `data` of the row that reads or writes the piece of a slot.
   * @param whole it consists of whole blocks of 4 KiB
   */
  dataOf(slot: number, blocks: number, whole: boolean, reads: boolean): number {
    if (!this.keepsBytes) return whole ? this.data[slot] : NO_DATA;
    // Nobody fills in what is read of a hole.
    if (reads) this.sim.payloads.bytesOf(this.data[slot], blocks).fill(0);
    return this.data[slot];
  }

  /** The operation is over. */
  release(): void {
    const { sim, keepsBytes, mostBlocks } = this;
    for (const data of this.data) {
      if (keepsBytes) sim.payloads.give(data);
      else sim.arena?.release(data, mostBlocks / DATA_BLOCKS);
    }
  }
}
