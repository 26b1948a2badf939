import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/engine/core/errors.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { FileNumbers } from '../../../src/engine/stack/filesystem/file.js';
import { layoutOf } from '../../../src/engine/stack/filesystem/vmfs/layout.js';
import { NONE, Space } from '../../../src/engine/stack/filesystem/vmfs/space.js';
import { VmfsVolume } from '../../../src/engine/stack/filesystem/vmfs/volume.js';
import { FB, GB, MB, planOf, Rig } from './vmfs-rig.js';

describe('space of a VMFS volume', () => {
  it('hands out every block once, whoever asks in whatever order', () => {
    const step = fc.record({ who: fc.nat(2), give: fc.boolean(), pick: fc.nat() });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 900 }),
        fc.nat(20),
        fc.array(step, { maxLength: 1500 }),
        (size, reserved, steps) => {
          const space = new Space(Math.max(size, reserved), reserved);
          const who = [space.addAllocator(), space.addAllocator(), space.addAllocator()];
          const held: number[] = [];
          for (const { who: asker, give, pick } of steps) {
            if (give && held.length > 0) {
              const [block] = held.splice(pick % held.length, 1);
              space.give(block);
              continue;
            }
            const block = space.allocate(who[asker]);
            if (block === NONE) {
              expect(held.length).toBe(space.size - reserved);
              continue;
            }
            expect(block).toBeGreaterThanOrEqual(reserved);
            expect(block).toBeLessThan(space.size);
            expect(held).not.toContain(block);
            held.push(block);
          }
          expect(space.free).toBe(space.size - reserved - held.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps hosts in different resource clusters while there are free ones', () => {
    const space = new Space(2000, 0);
    const [a, b] = [space.addAllocator(), space.addAllocator()];
    const clusters = [new Set<number>(), new Set<number>()];
    for (let n = 0; n < 700; n++) {
      clusters[0].add(Math.floor(space.allocate(a) / 200));
      clusters[1].add(Math.floor(space.allocate(b) / 200));
    }
    expect([...clusters[0]].filter((cluster) => clusters[1].has(cluster))).toEqual([]);
    expect(clusters.map(({ size }) => size)).toEqual([4, 4]);
  });

  it('looks like a fresh VMFS5 volume: about 0.76 GB are taken', () => {
    // 765 MiB of system files, 1 KB for each 200 MB: 1 TiB has 5243 clusters, 5.1 MiB.
    expect(layoutOf(5, 1_048_576).metadataFileBlocks(1_048_576)).toBe(771);
    const volume = new VmfsVolume(
      new Sim(1, 8),
      planOf('ds', 'vmfs', 1024 * GB),
      new FileNumbers(),
      (1024 * GB) / 512,
    );
    expect(volume.free).toBe(1_048_576 - 771);
  });
});

describe('files of a VMFS volume', () => {
  it('take the space of their policy', () => {
    const rig = new Rig(4000);
    const { volume } = rig;
    const sizes = [
      volume.createFile('tiny', 1024, 'small'),
      volume.createFile('sub', 8192, 'small'),
      volume.createFile('log', 8193, 'small'),
      volume.createFile('thin', 1000 * MB, 'thin', 100 * MB),
      volume.createFile('lazy', 1000 * MB, 'lazyThick', 250 * MB),
      volume.createFile('eager', 1000 * MB + 1, 'eagerThick'),
    ].map(({ sizeBlocks, allocatedBlocks, toBeZeroedBlocks }) => [
      sizeBlocks,
      allocatedBlocks / FB,
      toBeZeroedBlocks / FB,
    ]);
    expect(sizes).toEqual([
      [2, 0, 0],
      [16, 0, 0],
      [17, 1, 0],
      [1000 * FB, 100, 0],
      [1000 * FB, 1000, 750],
      [1000 * FB + 1, 1001, 0],
    ]);
    expect(volume.free).toBe(4000 - 1 - 100 - 1000 - 1001);
    expect(rig.field('freeBlocks')).toBe(volume.free * FB);
    const metadata = volume.capacity - 4000;
    expect(rig.field('provisionedBlocks')).toBe((metadata + 1 + 3 * 1000 + 1) * FB);
  });

  it('give their space back when they are removed', () => {
    const rig = new Rig(500);
    let freed = 0;
    rig.volume.onSpaceFreed(() => freed++);
    const file = rig.volume.createFile('a', 300 * MB, 'lazyThick', 10 * MB);
    rig.volume.removeFile(file);
    expect(rig.volume.free).toBe(500);
    rig.run(1);
    expect(freed).toBe(1);
    rig.volume.removeFile(rig.volume.createFile('b', 300 * MB, 'thin'));
    rig.run(1);
    expect(freed).toBe(1);
  });

  it('are refused when there is too little space, or no pointer block left', () => {
    const { volume } = new Rig(500);
    expect(() => volume.createFile('big', 501 * MB, 'lazyThick')).toThrow(InputError);
    // 62 TB at most; two such files want more pointer blocks than the 64512 there are.
    expect(() => volume.createFile('huge', 64_513 * GB, 'thin')).toThrow(/have 62 TB at most/);
    volume.createFile('one', 40_000 * GB, 'thin');
    expect(() => volume.createFile('two', 24_513 * GB, 'thin')).toThrow(/pointer blocks/);
    expect(volume.free).toBe(500);
    expect(() => new Rig(500, { usedBytes: 501 * MB })).toThrow(InputError);
  });

  it('share the volume with what was there before and with a file nobody deletes', () => {
    const rig = new Rig(500, { usedBytes: 100 * MB - 5 });
    const { volume } = rig;
    expect(volume.free).toBe(400);
    expect(volume.fill(50 * MB)).toBe(50 * MB);
    expect(volume.fill(1000 * MB)).toBe(350 * MB);
    expect(volume.free).toBe(0);
    volume.release();
    expect(volume.free).toBe(400);
  });

  it('are numbered over all datastores', () => {
    const sim = new Sim(1, 8);
    const numbers = new FileNumbers();
    const [a, b] = ['a', 'b'].map(
      (name) => new VmfsVolume(sim, planOf(name, 'vmfs', 2 * GB), numbers, (2 * GB) / 512),
    );
    const files = [a, b, a].map((volume) => volume.createFile('f', 0, 'small').index);
    expect(files).toEqual([0, 1, 2]);
  });

  it('need a volume larger than its own metadata', () => {
    const create = (): VmfsVolume =>
      new VmfsVolume(new Sim(1, 8), planOf('x', 'vmfs', 0), new FileNumbers(), 700 * FB);
    expect(create).toThrow(/too small for VMFS/);
  });
});
