import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../../src/engine/core/assert.js';
import { Sim } from '../../../src/engine/core/sim.js';
import type { DiskPlan, VmPlan } from '../../../src/engine/plan/plan.js';
import { Home } from '../../../src/engine/stack/vmfiles/home.js';
import { Store } from './fakes.js';

const GIB = 2 ** 30;

function disk(number: number, datastore: string, kind: DiskPlan['kind'], written = 0): DiskPlan {
  return {
    name: `scsi0:${number}`,
    index: number,
    datastore,
    sizeBytes: (number + 1) * 10 * GIB,
    kind,
    writtenBytes: written,
    qos: { shares: 1000, reservation: 0, limit: 0 },
  };
}

const PLAN: VmPlan = {
  name: 'web1',
  host: 'esx1',
  world: 1,
  memoryBytes: 4 * GIB,
  memoryReservedBytes: GIB,
  adapter: 'pvscsi',
  home: 'ds1',
  disks: [
    disk(0, 'ds1', 'thin', 2 * GIB),
    disk(1, 'ds2', 'eagerThick'),
    disk(2, 'ds1', 'lazyThick'),
  ],
};

describe('home of a virtual machine', () => {
  it('has the files of stack-upper 16 with their sizes and policies', () => {
    const sim = new Sim(7, 16);
    const stores = new Map(['ds1', 'ds2'].map((name) => [name, new Store(name)]));
    const { files, disks } = new Home(sim, PLAN, stores);
    const ofRole = (role: string) => files.filter((file) => file.role === role);
    const paths = files.map(({ handle }) => handle.path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(ofRole('nvram')[0].handle.sizeBlocks).toBe(Math.ceil(8684 / 512));
    expect(ofRole('swap')[0].handle.sizeBlocks).toBe((3 * GIB) / 512);
    expect(ofRole('swap')[0].handle.path).toMatch(/^\[ds1\] web1\/web1-[0-9a-f]{8}\.vswp$/);
    expect(ofRole('log').map(({ handle }) => handle.path)).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((old) => `[ds1] web1/vmware-${old}.log`),
      '[ds1] web1/vmware.log',
    ]);
    for (const name of ['web1.vmx', 'web1.vmxf', 'web1.vmsd', 'web1.vmx.lck', 'web1.nvram']) {
      expect(paths).toContain(`[ds1] web1/${name}`);
    }
    expect(ofRole('diskDescriptor').map(({ handle }) => handle.path)).toEqual([
      '[ds1] web1/web1.vmdk',
      '[ds2] web1/web1.vmdk',
      '[ds1] web1/web1_1.vmdk',
    ]);
    expect(disks.map(({ path, sizeBlocks }) => [path, (sizeBlocks * 512) / GIB])).toEqual([
      ['[ds1] web1/web1-flat.vmdk', 10],
      ['[ds2] web1/web1-flat.vmdk', 20],
      ['[ds1] web1/web1_1-flat.vmdk', 30],
    ]);
    const extents = [...stores.values()].flatMap((store) =>
      store.files.filter(({ path }) => path.includes('-flat')),
    );
    expect(extents.map(({ policy, writtenBytes }) => [policy, writtenBytes])).toEqual([
      ['thin', 2 * GIB],
      ['lazyThick', 0],
      ['eagerThick', 0],
    ]);
  });

  it('measures every file', () => {
    const sim = new Sim(7, 16);
    const stores = new Map(['ds1', 'ds2'].map((name) => [name, new Store(name)]));
    const { files } = new Home(sim, PLAN, stores);
    const entities = sim.meters.entities.filter(({ scope }) => scope === 'file');
    expect(entities).toHaveLength(files.length);
    const { values } = sim.meters.sample();
    const thin = entities.find(({ name }) => name === '[ds1] web1/web1-flat.vmdk');
    expect(thin?.labels).toEqual({ vm: 'web1', datastore: 'ds1', role: 'diskExtent' });
    expect([values[thin?.base ?? -1], values[(thin?.base ?? -1) + 1]]).toEqual([
      (10 * GIB) / 512,
      (2 * GIB) / 512,
    ]);
  });

  it('is the same for the same seed and refuses a datastore that is not there', () => {
    const swap = (seed: number): string => {
      const stores = new Map(['ds1', 'ds2'].map((name) => [name, new Store(name)]));
      const { files } = new Home(new Sim(seed, 16), PLAN, stores);
      return files.find(({ role }) => role === 'swap')?.handle.path ?? '';
    };
    expect(swap(1)).toBe(swap(1));
    expect(swap(1)).not.toBe(swap(2));
    expect(() => new Home(new Sim(1, 16), PLAN, new Map())).toThrow(AssertionError);
  });
});
