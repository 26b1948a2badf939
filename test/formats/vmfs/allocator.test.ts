/** Where new blocks come from, and what the search for them reads. */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { clusterOf, unitOf } from '../../../src/engine/formats/vmfs/address.js';
import { Allocator } from '../../../src/engine/formats/vmfs/allocator.js';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import { VMFS5, VMFS6 } from '../../../src/engine/formats/vmfs/generation.js';
import type { Steps } from '../../../src/engine/formats/vmfs/hosts/access.js';
import type { BlockMedium } from '../../../src/engine/formats/vmfs/medium.js';
import type { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import type { MemoryImage } from '../../../src/input/image/memory-image.js';
import { FaultyImage, PowerLoss } from './faulty-image.js';
import { World } from './hosts/world.js';
import { formatted, MIB, openToRead, openToWrite, pattern } from './model.js';
import { Images, mounted } from './tools.js';

const files = new Images();
afterAll(() => files.remove());

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
      for (;;) taken.push(core.allocator.take(blocks, 0));
    }).toThrow('no space left');
    const other = new Allocator('other');
    other.give(blocks, taken[5], 0);
    other.settle();
    expect(core.allocator.take(blocks, 0)).toBe(taken[5]);
    expect(() => core.allocator.take(blocks, 0)).toThrow('no space left');
  });
});

/** Sectors from one loss of power to the next; 1 takes a minute. */
const STRIDE = Number(process.env.VMFS_STRIDE ?? 29);

/** Reference, stack-upper section 5: placement on VMFS 6. Large blocks have 512 small ones of 1 MiB. */
describe('blocks of VMFS 6', () => {
  const sizes = [2600 * MIB];
  /** States of the large blocks: 0 in use, 1 free, 4 cut up. */
  const states = (volume: Volume): string => {
    const large = volume.core.require(volume.core.resources.largeBlocks);
    const header = large.readCluster(0);
    return Array.from({ length: large.sizeOf(0) }, (_, item) => header.state(item)).join('');
  };

  it('are large for thick files as far as they fill them, small for the rest and for thin ones', () => {
    const images = formatted({ generation: VMFS6, sizes });
    const volume = openToWrite(images);
    // 2,560 small blocks; metadata are in the first large one.
    expect(states(volume)).toBe('41111');
    volume.create('/thin', { length: 1100 * MIB });
    volume.write('/thin', 600 * MIB, pattern(1, 3 * MIB));
    expect(states(volume)).toBe('41111');
    // The last half MiB of the large block and the first of a small one.
    const at = 511 * MIB + MIB / 2;
    for (const how of ['zeroedthick', 'thick'] as const) {
      volume.create(`/${how}`, { length: 520 * MIB, provisioning: how });
      const { largeBlocks, blocks } = volume.tree.file(`/${how}`);
      expect([largeBlocks, blocks]).toEqual([1, 520]);
    }
    volume.write('/zeroedthick', at, pattern(2, MIB));
    volume.create('/two', { length: 1025 * MIB, provisioning: 'zeroedthick' });
    expect(states(volume)).toBe('40000');
    volume.close();
    expect(checkVolume(images).findings.list).toEqual([]);
    mounted('vmfs6-fuse', files.store(images), (folder) => {
      const file = openSync(join(folder, 'zeroedthick'), 'r');
      const content = Buffer.alloc(MIB + 10);
      readSync(file, content, 0, content.length, at - 10);
      closeSync(file);
      expect(Buffer.compare(content.subarray(10), pattern(2, MIB))).toBe(0);
      expect(content.subarray(0, 10).every((byte) => byte === 0)).toBe(true);
    });
    const again = openToWrite(images);
    again.resize('/two', 513 * MIB);
    expect(again.tree.file('/two').largeBlocks).toBe(2);
    again.resize('/two', 512 * MIB);
    expect(again.tree.file('/two').largeBlocks).toBe(1);
    for (const name of ['/zeroedthick', '/thick', '/two']) again.remove(name);
    expect(states(again)).toBe('41111');
    again.close();
    expect(checkVolume(images).findings.list).toEqual([]);
  });

  it('are cut up when small ones run out, and joined when all of them are free', () => {
    const images = formatted({ generation: VMFS6, sizes });
    const volume = openToWrite(images);
    volume.create('/a', { length: 430 * MIB, provisioning: 'zeroedthick' });
    volume.create('/b');
    expect(states(volume)).toBe('44111');
    volume.write('/b', 0, pattern(1, MIB));
    volume.remove('/a');
    expect(states(volume)).toBe('44111');
    volume.remove('/b');
    expect(states(volume)).toBe('41111');
    volume.close();
    expect(checkVolume(images).findings.list).toEqual([]);
  });

  it('are sound wherever power is lost while they are taken, cut up, joined and given back', () => {
    const thick = (length: number): ((volume: Volume) => void) => {
      return (volume) => volume.create('/t', { length, provisioning: 'zeroedthick' });
    };
    // With what is free in the first large block: 430 small ones take a second one apart.
    for (const [length, after] of [
      [520 * MIB, '40111'],
      [430 * MIB, '44111'],
    ] as const) {
      const [base] = formatted({ generation: VMFS6, sizes });
      openToWrite([base]).close();
      const made = base.copy();
      const volume = openToWrite([made]);
      thick(length)(volume);
      volume.close();
      expect(states(openToRead([made]))).toBe(after);
      for (const [before, change] of [
        [base, thick(length)],
        [made, (one: Volume) => one.remove('/t')],
      ] as const) {
        let cuts = 0;
        for (let sectors = 5; ; sectors += STRIDE) {
          const copy = before.copy();
          try {
            const writer = openToWrite([new FaultyImage(copy, sectors, 'front')]);
            change(writer);
            writer.close();
            break;
          } catch (error) {
            if (!(error instanceof PowerLoss)) throw error;
          }
          cuts++;
          expect(checkVolume([copy]).findings.errors, `${length}, cut at ${sectors}`).toBe(0);
          openToWrite([copy]).close();
          expect(checkVolume([copy]).findings.list, `${length}, cut at ${sectors}`).toEqual([]);
        }
        expect(cuts).toBeGreaterThan(20 / STRIDE);
      }
    }
  });

  it('come from different clusters for hosts that share the volume', () => {
    const images = formatted({ generation: VMFS6, sizes });
    const world = new World(images, { seed: 4 });
    const machines = [0, 1].map((number) => world.boot(number, number, () => undefined));
    while (machines.some(({ host }) => host === undefined)) world.step();
    machines.forEach((machine, number) => {
      for (let index = 0; index < 3; index++) {
        const path = `/${number}-${index}`;
        for (const steps of [
          () => machine.host?.createFile(path),
          () => machine.host?.write(path, 0, pattern(index, 2 * MIB)),
        ]) {
          const ended: { error?: unknown } = {};
          world.start(machine, steps() as Steps<void>, (_, error) => {
            ended.error = error ?? 'done';
          });
          while (ended.error === undefined) world.step();
          expect(ended.error).toBe('done');
        }
      }
    });
    const volume = openToRead(images);
    const clusters = [0, 1].map((number) =>
      [0, 1, 2].flatMap((index) => {
        const file = volume.tree.file(`/${number}-${index}`);
        return [clusterOf(file.address), ...[0, 1].map((at) => unitOf(file.pointer(at)) >> 9)];
      }),
    );
    // Descriptors and blocks of each host are in one cluster of its own.
    for (const own of clusters) expect(new Set(own).size).toBeLessThanOrEqual(2);
    expect(clusters[0]?.filter((one) => clusters[1]?.includes(one))).toEqual([]);
    expect(states(volume)).toBe('41141');
  });
});
