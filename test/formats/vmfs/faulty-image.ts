import type { BlockMedium } from '../../../src/engine/formats/vmfs/medium.js';
import type { MemoryImage } from '../../../src/input/image/memory-image.js';

/** Thrown where the power goes. */
export class PowerLoss extends Error {
  override readonly name = 'PowerLoss';
}

/**
 * A medium that loses power at its n-th sector written: sectors of one write reach it in ascending or
 * descending order up to there, everything flushed or written before is there.
 */
export class FaultyImage implements BlockMedium {
  readonly writable = true;
  /** Sectors written so far. */
  sectors = 0;

  constructor(
    private readonly image: MemoryImage,
    private readonly limit: number,
    private readonly descending: boolean,
  ) {}

  get name(): string {
    return this.image.name;
  }

  get blocks(): number {
    return this.image.blocks;
  }

  read(lba: number, blocks: number, into: Uint8Array): void {
    this.image.read(lba, blocks, into);
  }

  write(lba: number, blocks: number, from: Uint8Array): void {
    const room = this.limit - this.sectors;
    this.sectors += blocks;
    if (blocks <= room) {
      this.image.write(lba, blocks, from);
      return;
    }
    const first = this.descending ? blocks - room : 0;
    this.image.write(lba + first, room, from.subarray(first * 512));
    this.sectors = this.limit;
    throw new PowerLoss();
  }

  flush(): void {}
}
