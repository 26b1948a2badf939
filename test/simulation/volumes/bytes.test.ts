/** Volumes that become larger where their bytes are kept: what is on the LUNs is a volume all the time. */
import { afterAll, describe, expect, it } from 'vitest';
import type { MemoryImage } from '../../../src/engine/devices/memory-image.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import type { Simulation } from '../../../src/engine/simulation/simulation.js';
import type { VmfsMount } from '../../../src/engine/stack/filesystem/vmfs/mount.js';
import type { RecordedVolume } from '../../../src/engine/stack/filesystem/vmfs/on-disk/recorded-volume.js';
import { hasTool, Images, run as runTool } from '../../formats/vmfs/tools.js';
import { compareDisk, damage, endCleanly, readerOf } from '../on-disk/rig.js';
import { Run } from '../support.js';
import { planOf, type Shape } from './rig.js';

const GIB = 2 ** 30;
const files = new Images();
afterAll(() => files.remove());

const SHAPE: Shape = {
  hosts: 2,
  luns: [
    '{ name: a, size: 2GiB, content: memory }',
    '{ name: b, size: 1GiB, content: memory }',
    '{ name: plain, size: 1GiB }',
  ],
  extents: ['a'],
};

/** Copies of what the LUNs of ds1 hold, in the order of its extents. */
function imagesOf(simulation: Simulation, count: number): MemoryImage[] {
  return [...simulation.images.values()]
    .slice(0, count)
    .map((image) => (image as MemoryImage).copy());
}

function blocksOf(images: readonly MemoryImage[]): number {
  const { core } = Volume.open(images, { seconds: 0 });
  return core.require(core.resources.blocks).layout.total;
}

describe.each([3, 5, 6] as const)('VMFS %i', (vmfs) => {
  it('grows and is extended while guests write, and is whole at every step', () => {
    const run = new Run(planOf({ ...SHAPE, vmfs }));
    const { simulation } = run;
    simulation.runUntil(1e8);
    simulation.command({ kind: 'growLun', lun: 'array1/a', sizeBytes: 3 * GIB });
    simulation.command({ kind: 'rescan', host: 'esx0' });
    simulation.runUntil(2e8);
    simulation.command({ kind: 'growDatastore', datastore: 'ds1', host: 'esx0' });
    simulation.runUntil(3e8);
    expect(run.of('datastore.grown')).toHaveLength(1);
    // 11 physical extents of 256 MiB fit behind 17 MiB on 3 GiB, 3 on 1 GiB.
    expect(blocksOf(imagesOf(simulation, 1))).toBe(11 * 256);
    simulation.command({ kind: 'extendDatastore', datastore: 'ds1', lun: 'array1/b' });
    simulation.runUntil(4e8);
    expect(run.of('datastore.extended')).toHaveLength(1);
    expect(blocksOf(imagesOf(simulation, 2))).toBe(14 * 256);
    const made = { datastore: 'ds1', name: 'made', sizeBytes: 1.6 * GIB } as const;
    simulation.command({ kind: 'createDisk', ...made, diskKind: 'lazyThick' });
    simulation.runUntil(6e8);
    // Writes of headers of clusters that were added count as bitmaps, too.
    const { layers } = run.sim;
    const mount = layers.find(({ name }) => /^esx0 mount ds1/.test(name)) as VmfsMount;
    const { bytes } = mount.datastore as RecordedVolume;
    const newest = bytes.fileBlocks.headerAt(bytes.fileBlocks.clusters - 1) / 512;
    expect(bytes.purposeAt(newest)).toBe('bitmapIos');
    expect(damage(imagesOf(simulation, 2))).toEqual([]);
    endCleanly(simulation);
    const images = imagesOf(simulation, 2);
    expect(damage(images)).toEqual([]);
    expect(simulation.violations).toEqual([]);
    expect(simulation.totals().errors).toBe(0);
    if (vmfs === 5 && hasTool('fsck.vmfs')) {
      const found = runTool('fsck.vmfs', ...files.store(images)).toString();
      // Blocks still to be zeroed it takes for lost (VMFS on-disk reference, section 16).
      for (const none of ['Unallocated blocks', 'Orphaned inodes', 'Directory errors']) {
        expect(found).toMatch(new RegExp(`^${none} *: 0$`, 'm'));
      }
    }
    const open = readerOf(images);
    for (const guest of [0, 1]) {
      const written = compareDisk(simulation, guest, open(`/vm${guest}/vm${guest}-flat.vmdk`));
      expect(written).toBeGreaterThan(10);
    }
  });
});

it('loses power in the middle of an extension: the volume is the old one or the new one', () => {
  const { simulation } = new Run(planOf(SHAPE));
  simulation.runUntil(1e8);
  const before = blocksOf(imagesOf(simulation, 1));
  simulation.command({ kind: 'extendDatastore', datastore: 'ds1', lun: 'array1/b' });
  const seen = new Set<number>();
  for (let step = 0; step < 15; step++) {
    simulation.runUntil(simulation.now + 400_000);
    const images = imagesOf(simulation, 2);
    // Until the head knows of it, the second device is none of the volume.
    const one = tryBlocks(images.slice(0, 1));
    const both = tryBlocks(images);
    expect(one ?? both).toBeDefined();
    seen.add((both ?? one) as number);
  }
  expect([...seen]).toEqual([before, before + 3 * 256]);
});

it('gives up when a device refuses, with the volume as it was; the same can be done again', () => {
  const run = new Run(planOf({ ...SHAPE, hosts: 1 }));
  const { simulation } = run;
  simulation.runUntil(1e8);
  const before = blocksOf(imagesOf(simulation, 1));
  const command = { kind: 'extendDatastore', datastore: 'ds1', lun: 'array1/b' } as const;
  const heal = run.inject('pdl', 'array1/b');
  simulation.command(command);
  simulation.runUntil(2e8);
  expect(run.of('datastore.grow.failed')).toHaveLength(1);
  expect(blocksOf(imagesOf(simulation, 1))).toBe(before);
  heal();
  simulation.command({ kind: 'rescan', host: 'esx0' });
  simulation.runUntil(3e8);
  simulation.command(command);
  simulation.runUntil(5e8);
  expect(run.of('datastore.grown')).toHaveLength(1);
  endCleanly(simulation);
  expect(damage(imagesOf(simulation, 2))).toEqual([]);
  expect(blocksOf(imagesOf(simulation, 2))).toBe(before + 3 * 256);
  expect(simulation.violations).toEqual([]);
});

/** The host dies between LVM's writes and those of the file system. */
function dieMeanwhile(run: Run): void {
  const { simulation } = run;
  simulation.runUntil(1e8);
  simulation.command({ kind: 'extendDatastore', datastore: 'ds1', lun: 'array1/b', host: 'esx0' });
  run.inject('host-crash', 'esx0');
  simulation.runUntil(2e8);
  expect(run.of('datastore.extended')).toHaveLength(1);
  expect(run.of('datastore.grow.failed')).toHaveLength(1);
  simulation.stopJobs();
  simulation.command({ kind: 'growDatastore', datastore: 'ds1', host: 'esx1' });
  simulation.runUntil(1e9);
  expect(run.of('datastore.grown').map(({ what }) => what.split(',')[0])).toEqual([
    'esx1 made it 2560 MB',
  ]);
}

it.each(['memory', 'none'])(
  'is finished by another host when the first dies: content %s',
  (content) => {
    const luns = ['a', 'b'].map((name, index) => {
      const size = index === 0 ? '2GiB' : '1GiB';
      return `{ name: ${name}, size: ${size}, content: ${content} }`;
    });
    const run = new Run(planOf({ hosts: 2, luns, extents: ['a'] }));
    dieMeanwhile(run);
    if (content === 'memory') expect(damage(imagesOf(run.simulation, 2))).toEqual([]);
  },
);

it('takes only LUNs that keep bytes, and grows only at the last extent', () => {
  const run = new Run(planOf({ ...SHAPE, extents: ['a', 'b'] }));
  const refused = (act: () => void): string => {
    try {
      act();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  const { simulation } = run;
  const command = { kind: 'extendDatastore', datastore: 'ds1', lun: 'array1/plain' } as const;
  expect(refused(() => simulation.command(command))).toContain('keeps no bytes');
  simulation.command({ kind: 'growLun', lun: 'array1/a', sizeBytes: 3 * GIB });
  simulation.command({ kind: 'rescan', host: 'esx0' });
  simulation.runUntil(1e8);
  const grow = { kind: 'growDatastore', datastore: 'ds1' } as const;
  expect(refused(() => simulation.command(grow))).toContain('another extent than the last');
});

function tryBlocks(images: readonly MemoryImage[]): number | undefined {
  try {
    return blocksOf(images);
  } catch {
    return undefined;
  }
}
