/** The small files of a machine on LUNs that keep bytes follow what becomes of its disks. */
import { describe, expect, it } from 'vitest';
import { MemoryImage } from '../../../src/engine/devices/memory-image.js';
import { Dictionary } from '../../../src/engine/formats/dictionary/dictionary.js';
import { Descriptor } from '../../../src/engine/formats/vmdk/descriptor.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { readHardware } from '../../../src/engine/formats/vmx/hardware.js';
import { SnapshotList } from '../../../src/engine/formats/vmx/snapshot-list.js';
import { Simulation } from '../../../src/engine/simulation/simulation.js';
import { planOf, Work } from '../../operations/work.js';
import { SECOND } from '../support.js';
import { damage, endCleanly, imagesOf } from './rig.js';

const JOB = { rw: 'randwrite', bs: '64k', size: '4MiB', offset: '8MiB', thinktime: '5ms' };

function planFor(version: 3 | 5 | 6, job: object, content: unknown = 'memory', luns = 1) {
  const datastores = ['one', 'two'].slice(0, luns);
  return planOf({
    array: { luns: [{ name: 'lun', count: luns, size: '2GiB', content }] },
    datastores: datastores.map((name, at) => ({ name, extents: `array1/lun${at}`, version })),
    job: job as Record<string, unknown>,
  });
}

function started(version: 3 | 5 | 6): Work {
  const work = new Work(planFor(version, JOB));
  work.run(0.05 * SECOND);
  return work;
}

function later(work: Work): Volume {
  work.run(work.simulation.now + 0.5 * SECOND);
  const images = imagesOf(work.simulation);
  expect(damage(images)).toEqual([]);
  return Volume.open(images, { seconds: 0 });
}

function bytesOf(volume: Volume, name: string): Uint8Array {
  const bytes = new Uint8Array(volume.stat(`/vm1/${name}`).length);
  volume.read(`/vm1/${name}`, 0, bytes);
  return bytes;
}

const descriptorOf = (volume: Volume, name: string): Descriptor =>
  Descriptor.parse(Buffer.from(bytesOf(volume, name)).toString('latin1'), name);
const disksOf = (volume: Volume, name: string): unknown[] => {
  const { devices, warnings } = readHardware(Dictionary.read(bytesOf(volume, name), name), name);
  expect(warnings).toEqual([]);
  return devices.map(({ file }) => file);
};

describe('the small files of a machine', () => {
  it.each([3, 5, 6] as const)(
    'say what its disks are from the first instant: VMFS %i',
    (version) => {
      const volume = later(started(version));
      expect(disksOf(volume, 'vm1.vmx')).toEqual(['vm1.vmdk']);
      expect(new SnapshotList(Dictionary.read(bytesOf(volume, 'vm1.vmsd'), ''), '').all()).toEqual(
        [],
      );
      const descriptor = descriptorOf(volume, 'vm1.vmdk');
      // vmdk-formats reference, 1 and 2.
      expect(descriptor.createType).toBe('vmfs');
      expect(descriptor.parentCid).toBe('ffffffff');
      const extent = { access: 'RW', sectors: 131_072, type: 'VMFS', file: 'vm1-flat.vmdk' };
      expect(descriptor.extents('')).toMatchObject([extent]);
      expect(Buffer.from(bytesOf(volume, 'vm1.vmxf')).toString()).toContain('vm1.vmx<');
      expect(Buffer.from(bytesOf(volume, 'vmware.log')).toString()).toContain('vm1');
    },
  );

  it('have the header of a change map that is known, and what a snapshot froze of it', () => {
    const work = started(5);
    work.simulation.command({ kind: 'track', disk: 0, state: 'on' });
    const before = later(work);
    const descriptor = descriptorOf(before, 'vm1.vmdk');
    expect(descriptor.get('changeTrackPath')).toBe('vm1-ctk.vmdk');
    expect(descriptor.get('version')).toBe('3');
    const [uuid] = work.simulation.snapshots.changeIdOf(0).split('/');
    // vmdk-formats reference, 12.
    const header = Buffer.from(bytesOf(before, 'vm1-ctk.vmdk').subarray(0, 512));
    expect(header.subarray(0, 16).toString('hex')).toBe('a27219f6010000000000000000020000');
    expect(header.subarray(44, 60).toString('hex')).toBe(uuid);
    work.simulation.command({ kind: 'snapshot', vm: 'vm1', action: 'create', snapshot: 'one' });
    const map = bytesOf(later(work), 'vm1-ctk.vmdk');
    expect(Buffer.compare(map.subarray(0, 512), header)).toBe(0);
    const epochs = new DataView(map.buffer, 512);
    const written = Array.from({ length: 1024 }, (_, granule) =>
      epochs.getUint32(granule * 4, true),
    );
    // The guest writes from 8 to 12 MiB; granules are of 64 KiB.
    expect(
      written
        .slice(0, 128)
        .concat(written.slice(192))
        .every((epoch) => epoch === 0),
    ).toBe(true);
    expect(written.slice(128, 192).filter((epoch) => epoch === 1).length).toBeGreaterThan(30);
  });

  it('follow new names, and become those of a template', () => {
    const work = started(6);
    work.simulation.stopJobs();
    later(work);
    work.simulation.command({ kind: 'power', vm: 'vm1', state: 'off' });
    later(work);
    work.simulation.command({
      kind: 'alterDisk',
      disk: 0,
      action: 'rename',
      name: 'd'.repeat(100),
    });
    const name = `${'d'.repeat(100)}.vmdk`;
    const renamed = later(work);
    expect(disksOf(renamed, 'vm1.vmx')).toEqual([name]);
    expect(descriptorOf(renamed, name).extents('')[0]!.file).toBe(`${'d'.repeat(100)}-flat.vmdk`);
    work.simulation.command({ kind: 'power', vm: 'vm1', state: 'template' });
    const template = later(work);
    expect(disksOf(template, 'vm1.vmtx')).toEqual([name]);
    expect(() => template.stat('/vm1/vm1.vmx')).toThrow();
  });

  it('follow a disk that goes elsewhere with its change map', () => {
    const work = new Work(planFor(5, JOB, 'memory', 2));
    work.run(0.05 * SECOND);
    work.simulation.command({ kind: 'track', disk: 0, state: 'on' });
    work.run(0.5 * SECOND);
    const action = { action: 'migrate', datastore: 'two' } as const;
    work.simulation.command({ kind: 'alterDisk', disk: 0, ...action });
    for (let left = 40; left > 0 && work.events('disk.alter.end').length === 0; left--) {
      work.run(work.simulation.now + 0.1 * SECOND);
    }
    work.run(work.simulation.now + 0.5 * SECOND);
    const [home, there] = imagesOf(work.simulation).map((image) => {
      expect(damage([image])).toEqual([]);
      return Volume.open([image], { seconds: 0 });
    });
    expect(disksOf(home!, 'vm1.vmx')).toEqual(['/vmfs/volumes/two/vm1/vm1.vmdk']);
    expect(descriptorOf(there!, 'vm1.vmdk').get('changeTrackPath')).toBe('vm1-ctk.vmdk');
    const map = bytesOf(there!, 'vm1-ctk.vmdk');
    const [uuid] = work.simulation.snapshots.changeIdOf(0).split('/');
    expect(Buffer.from(map.subarray(44, 60)).toString('hex')).toBe(uuid);
    // Granules of 64 KiB, 8 to 12 MiB: the guest has written there since.
    const epochs = new DataView(map.buffer, 512);
    const written = Array.from({ length: 64 }, (_, at) => epochs.getUint32((128 + at) * 4, true));
    expect(written.filter((epoch) => epoch === 1).length).toBeGreaterThan(30);
  });

  it('name the new leaf when something else is to be said while a snapshot is made', () => {
    // The machine's state takes 50 ms to save, then the configuration is written.
    const named = [60, 55, 50, 20, 10, 5, 2, 1].map((ms) => {
      const own = started(5);
      const one = { action: 'create', snapshot: 'one' } as const;
      own.simulation.command({ kind: 'snapshot', vm: 'vm1', ...one });
      own.run(own.simulation.now + ms * 1_000_000);
      own.simulation.command({ kind: 'track', disk: 0, state: 'on' });
      const volume = later(own);
      expect(descriptorOf(volume, 'vm1.vmdk').get('changeTrackPath')).toBe('vm1-ctk.vmdk');
      return disksOf(volume, 'vm1.vmx');
    });
    expect(named).toEqual(named.map(() => ['vm1-000001.vmdk']));
  });

  it('are new in the next run where it takes the names of an earlier one', () => {
    const image = new MemoryImage('lun0', 2 ** 31 / 512);
    const blocks = ['4MiB', '64KiB'].map((size) => {
      const plan = planFor(5, { ...JOB, size }, { file: 'lun0' });
      const simulation = new Simulation(plan, true, () => image);
      simulation.runUntil(0.05 * SECOND);
      const one = { action: 'create', snapshot: 'one', format: 'seSparse' } as const;
      simulation.command({ kind: 'snapshot', vm: 'vm1', ...one });
      simulation.runUntil(0.6 * SECOND);
      endCleanly(simulation);
      expect(damage([image])).toEqual([]);
      return Volume.open([image], { seconds: 0 }).stat('/vm1/vm1-000001-sesparse.vmdk').blocks;
    });
    // Grains are taken in order: 64 KiB of them lie in one block of 1 MiB, 4 MiB in four and more.
    expect(blocks[0]! - blocks[1]!).toBeGreaterThan(2);
  });
});
