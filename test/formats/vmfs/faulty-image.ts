import type { BlockMedium } from '../../../src/engine/formats/vmfs/medium.js';
import type { MemoryImage } from '../../../src/input/image/memory-image.js';
import { sequence } from './model.js';

/** Thrown where the power goes. */
export class PowerLoss extends Error {
  override readonly name = 'PowerLoss';
}

/**
 * What of the writes since the last flush reaches the medium when the power goes: all in the order they
 * were written, the last one torn from its front or from its back; or any sectors of any of them.
 */
export type Survival = 'front' | 'back' | 'any';

/** A medium that loses power at its n-th sector written. */
export class FaultyImage implements BlockMedium {
  readonly writable = true;
  /** Sectors written so far. */
  sectors = 0;
  /** Sectors that are not flushed, where those may be lost. */
  private readonly cache = new Map<number, Uint8Array>();

  constructor(
    private readonly image: MemoryImage,
    private readonly limit: number,
    private readonly survival: Survival,
  ) {}

  get name(): string {
    return this.image.name;
  }

  get blocks(): number {
    return this.image.blocks;
  }

  read(lba: number, blocks: number, into: Uint8Array): void {
    this.image.read(lba, blocks, into);
    if (this.cache.size === 0) return;
    for (let index = 0; index < blocks; index++) {
      const cached = this.cache.get(lba + index);
      if (cached !== undefined) into.set(cached, index * 512);
    }
  }

  write(lba: number, blocks: number, from: Uint8Array): void {
    const room = this.limit - this.sectors;
    this.sectors += blocks;
    if (this.survival === 'any') {
      for (let index = 0; index < blocks; index++) {
        this.cache.set(lba + index, from.slice(index * 512, (index + 1) * 512));
      }
      if (blocks > room) this.loseSome();
      return;
    }
    if (blocks <= room) {
      this.image.write(lba, blocks, from);
      return;
    }
    const first = this.survival === 'back' ? blocks - room : 0;
    this.image.write(lba + first, room, from.subarray(first * 512));
    throw new PowerLoss();
  }

  private loseSome(): never {
    const next = sequence(this.limit);
    for (const [lba, bytes] of this.cache) if (next() % 2 === 0) this.image.write(lba, 1, bytes);
    throw new PowerLoss();
  }

  flush(): void {
    for (const [lba, bytes] of this.cache) this.image.write(lba, 1, bytes);
    this.cache.clear();
  }
}
