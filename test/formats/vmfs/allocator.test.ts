/** Where new blocks come from, and what the search for them reads. */
import { describe, expect, it } from 'vitest';
import { Allocator } from '../../../src/engine/formats/vmfs/allocator.js';
import { VMFS5, VMFS6 } from '../../../src/engine/formats/vmfs/generation.js';
import type { BlockMedium } from '../../../src/engine/formats/vmfs/medium.js';
import type { MemoryImage } from '../../../src/input/image/memory-image.js';
import { formatted, MIB, openToWrite, pattern } from './model.js';

/** A medium that counts what is read from it. */
class Counted implements BlockMedium {
  readonly name = 'counted';
  readonly writable = true;
  reads = 0;

  constructor(private readonly image: MemoryImage) {}

  get blocks(): number {
    return this.image.blocks;
  }

  read(lba: number, blocks: number, into: Uint8Array): void {
    this.reads++;
    this.image.read(lba, blocks, into);
  }

  write(lba: number, blocks: number, from: Uint8Array): void {
    this.image.write(lba, blocks, from);
  }

  flush(): void {}
}

describe.each([VMFS5, VMFS6])('the search for blocks of $name', (generation) => {
  it('passes over full clusters once it knows them', () => {
    const [image] = formatted({ generation, sizes: [400 * 1024 * MIB] });
    const medium = new Counted(image);
    const volume = openToWrite([medium]);
    for (let index = 0; index < 3; index++) {
      volume.create(`/f${index}`, { length: MIB, provisioning: 'eagerzeroedthick' });
    }
    volume.create('/most', { length: 380 * 1024 * MIB, provisioning: 'zeroedthick' });
    const { clusters } = volume.core.require(volume.core.resources.blocks);
    // A block that is freed in front is taken first; the others are free far behind.
    const round = (index: number): number => {
      volume.remove(`/f${index}`);
      const before = medium.reads;
      volume.create(`/n${index}`);
      volume.write(`/n${index}`, 0, pattern(index, 3 * MIB));
      return medium.reads - before;
    };
    round(0);
    expect(round(1)).toBeLessThan(clusters / 4);
    volume.close();
  });

  it('finds what another one has freed in clusters that were full', () => {
    const [image] = formatted({ generation, sizes: [512 * MIB] });
    const volume = openToWrite([image]);
    const { core } = volume;
    const blocks = core.require(core.resources.blocks);
    const taken: number[] = [];
    expect(() => {
      for (;;) taken.push(core.allocator.take(blocks));
    }).toThrow('no space left');
    const other = new Allocator('other');
    other.give(blocks, taken[5]);
    other.settle();
    expect(core.allocator.take(blocks)).toBe(taken[5]);
    expect(() => core.allocator.take(blocks)).toThrow('no space left');
  });
});
