/** Files that come and go during a run, and devices that refuse what a volume wants to write. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/engine/core/random.js';
import { MemoryImage } from '../../../src/engine/devices/memory-image.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { Simulation } from '../../../src/engine/simulation/simulation.js';
import { VolumeBytes } from '../../../src/engine/stack/filesystem/vmfs/on-disk/volume-bytes.js';
import { compareDisk, damage, endCleanly, fileOf, imagesOf, planOf, readerOf } from './rig.js';

describe('disks made, copied and deleted during a run', () => {
  it.each([3, 5, 6] as const)('are on the volume as they are in the engine: VMFS %i', (vmfs) => {
    const simulation = new Simulation(planOf({ vmfs, seed: 4 }));
    simulation.runUntil(5e7);
    simulation.stopJobs();
    simulation.runUntil(2e8);
    const name = 'copy';
    simulation.command({ kind: 'clone', disk: 0, datastore: 'ds1', name });
    const made = { datastore: 'ds1', name: 'made', sizeBytes: 20 << 20 };
    simulation.command({ kind: 'createDisk', ...made, diskKind: 'lazyThick' });
    simulation.runUntil(3e8);
    expect(damage(imagesOf(simulation))).toEqual([]);
    simulation.runUntil(20e9);
    expect(namesIn(simulation, '/made')).toEqual(['made-flat.vmdk', 'made.vmdk']);
    simulation.command({ kind: 'deleteDisk', datastore: 'ds1', name: 'made' });
    simulation.runUntil(21e9);
    endCleanly(simulation);
    expect(simulation.wrongClones).toEqual([]);
    expect(damage(imagesOf(simulation))).toEqual([]);
    expect(namesIn(simulation, '/made')).toEqual([]);
    const open = readerOf(imagesOf(simulation));
    expect(compareDisk(simulation, 0, open('/copy/copy-flat.vmdk'))).toBeGreaterThan(100);
    expect(compareDisk(simulation, 0, open(fileOf(0)))).toBeGreaterThan(100);
  });

  it('are there whole or not at all when power is lost meanwhile', () => {
    const simulation = new Simulation(planOf({ seed: 5 }));
    simulation.runUntil(2e7);
    const made = { datastore: 'ds1', name: 'made', sizeBytes: 30 << 20 };
    simulation.command({ kind: 'createDisk', ...made, diskKind: 'lazyThick' });
    const states = new Set<string>();
    for (let step = 0; step < 8; step++) {
      const images = imagesOf(simulation);
      expect(damage(images)).toEqual([]);
      const volume = Volume.open(images, { seconds: 0 });
      const names = volume.list('/').map((file) => file.name);
      states.add(names.includes('made') ? String(volume.list('/made').length) : '-');
      simulation.runUntil(simulation.now + 500_003);
    }
    expect([...states].sort()).toEqual(expect.arrayContaining(['-', '1']));
  });
});

describe('images that hold a volume', () => {
  it('are refused, and not written to, where they do not fit their LUNs', () => {
    const shape = { luns: ['1GiB', '2GiB'], seed: 9 };
    const simulation = new Simulation(planOf(shape));
    endCleanly(simulation);
    const images = imagesOf(simulation);
    const sizes = {
      vmfs: 5,
      name: 'ds1',
      hosts: ['esx0'],
      random: new Random(1).stream('x'),
    } as const;
    const before = images.map(hashOf);
    expect(() => new VolumeBytes(images.toReversed(), sizes)).toThrow(/come in another order/);
    const grown = new MemoryImage('grown', 3 * 2 ** 21);
    for (const [at, bytes] of images[0].written()) grown.write(at / 512, bytes.length / 512, bytes);
    expect(() => new VolumeBytes([grown, images[1]], sizes)).toThrow(/does not fill these images/);
    expect(images.map(hashOf)).toEqual(before);
    expect(new VolumeBytes(images, sizes).volume.stat(fileOf(0)).length).toBe(300 << 20);
  });
});

describe('a LUN that is taken away', () => {
  it('leaves a volume without damage, with what was acknowledged', () => {
    const faults = ['{ at: 20ms, fault: pdl, target: array1/lun0 }'];
    const simulation = new Simulation(planOf({ seed: 6, faults }));
    simulation.runUntil(3e9);
    const images = imagesOf(simulation);
    expect(damage(images)).toEqual([]);
    const open = readerOf(images);
    for (const guest of simulation.verifiers.keys()) {
      compareDisk(simulation, guest, open(fileOf(guest)));
    }
  });
});

function hashOf(image: MemoryImage): string {
  const hash = createHash('sha256');
  for (const [, bytes] of image.written()) hash.update(bytes);
  return hash.digest('hex');
}

function namesIn(simulation: Simulation, folder: string): string[] {
  const volume = Volume.open(imagesOf(simulation), { seconds: 0 });
  return volume.list(folder).map(({ name }) => name);
}
