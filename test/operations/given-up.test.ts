/** Clones and migrations that are given up or fail in the middle, and the names of loose disks. */
import { describe, expect, it } from 'vitest';
import { openDisk } from '../../src/engine/formats/vmdk/disk.js';
import { Volume } from '../../src/engine/formats/vmfs/volume.js';
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { zlibCodec } from '../../src/input/image/zlib-codec.js';
import { Folder } from '../simulation/on-disk/home-rig.js';
import { damage, endCleanly, imagesOf, planOf as planOfBytes } from '../simulation/on-disk/rig.js';
import { SECOND } from '../simulation/support.js';
import { planOf, Work } from './work.js';

const MIB = 1024 * 1024;

/** One VM writes and verifies 32 MiB of a thin disk of 64 MiB, which the host copies itself. */
const work = () =>
  new Work(
    planOf({
      array: { luns: [{ name: 'lun', count: 2, size: '4GiB', thin: true }] },
      host: { settings: { 'DataMover.HardwareAcceleratedMove': 0 } },
      datastores: [
        { name: 'one', extents: 'array1/lun0' },
        { name: 'two', extents: 'array1/lun1' },
      ],
      job: { rw: 'write', bs: '64k', iodepth: 4, size: '32MiB', verify: true, thinktime: '1ms' },
    }),
  );

const begin = {
  clone: { kind: 'clone', disk: 0, datastore: 'two', name: 'copy' },
  migration: { kind: 'alterDisk', disk: 0, action: 'migrate', datastore: 'two' },
} as const;
const failed = { clone: 'disk.failed', migration: 'disk.alter.failed' } as const;
const cancel = { kind: 'cancelDisk', disk: 0 } as const;

/** In the middle: some of it has been copied, not all. */
function inTheMiddle(what: 'clone' | 'migration'): { run: Work; free: number; files: string[] } {
  const run = work();
  run.run(0.7 * SECOND);
  const [free, files] = [run.freeBytes('two'), run.filesThere()];
  run.simulation.command(begin[what]);
  const copied = (): number => (run.mover().copiedBlocks ?? 0) * 512;
  for (let left = 1000; left > 0 && copied() < 4 * MIB; left--) {
    run.run(run.simulation.now + 500_000);
  }
  expect(copied()).toBeLessThan(16 * MIB);
  expect(run.freeBytes('two')).toBeLessThan(free - 16 * MIB);
  return { run, free, files };
}

function expectNothingLeft(
  what: 'clone' | 'migration',
  { run, free, files }: ReturnType<typeof inTheMiddle>,
): void {
  run.run(run.simulation.now + 2 * SECOND);
  expect(run.events(failed[what])).toHaveLength(1);
  expect(run.freeBytes('two')).toBe(free);
  expect(run.filesThere()).toEqual(files);
  expect(run.exists('two', 'copy')).toBe(false);
  const { simulation } = run;
  const { writes } = simulation.totals();
  run.run(simulation.now + 0.2 * SECOND);
  expect(simulation.totals().writes).toBeGreaterThan(writes);
  simulation.stopJobs();
  run.run(simulation.now + SECOND);
  simulation.readBack();
  run.run(simulation.now + 5 * SECOND);
  expect(simulation.violations).toEqual([]);
  expect(simulation.totals().errors).toBe(0);
}

describe.each(['clone', 'migration'] as const)('a %s', (what) => {
  it('leaves nothing when it is given up in the middle', () => {
    const middle = inTheMiddle(what);
    middle.run.simulation.command(cancel);
    expectNothingLeft(what, middle);
    expect(middle.run.events(failed[what])[0]?.why).toMatch(/given up/);
    expect(() => middle.run.simulation.command(cancel)).toThrow(/neither cloned nor migrated/);
    middle.run.simulation.command(begin[what]);
    middle.run.simulation.command(cancel);
    middle.run.run(middle.run.simulation.now + SECOND);
    expect(middle.run.freeBytes('two')).toBe(middle.free);
  });

  it('leaves nothing when its target is lost in the middle', () => {
    const middle = inTheMiddle(what);
    const pdl = { kind: 'inject', fault: 'pdl', target: 'array1/lun1', params: {} } as const;
    middle.run.simulation.command(pdl);
    expectNothingLeft(what, middle);
  });
});

describe('rename of a disk no machine has', () => {
  const create = { kind: 'createDisk', datastore: 'one', name: 'old', sizeBytes: MIB } as const;
  const rename = { kind: 'renameDisk', datastore: 'one', name: 'old', to: 'new' } as const;

  it('keeps the disk, and frees its name', () => {
    const run = work();
    run.simulation.command({ ...create, diskKind: 'thin' });
    const file = run.disk('one', 'old');
    run.simulation.command(rename);
    expect(run.disk('one', 'new')).toBe(file);
    expect(file.path).toBe('[one] new/new-flat.vmdk');
    expect(() => run.simulation.command(rename)).toThrow(/no disk .*old/);
    run.simulation.command({ ...create, diskKind: 'thin' });
    expect(() => run.simulation.command(rename)).toThrow(/is there already/);
    expect(() => run.simulation.command({ ...rename, to: 'a/b' })).toThrow(/no name/);
    run.simulation.command({ kind: 'deleteDisk', datastore: 'one', name: 'new' });
    run.simulation.command(rename);
  });

  it('is so on a volume whose bytes are kept', () => {
    const simulation = new Simulation(planOfBytes({ seed: 3 }));
    simulation.runUntil(1e7);
    simulation.command({ ...create, datastore: 'ds1', diskKind: 'thin' });
    simulation.runUntil(2e7);
    simulation.runUntil(2e8);
    // Power lost on the way: the disk opens by the one name or the other.
    const opens = (name: string): boolean => {
      try {
        const volume = Volume.open(imagesOf(simulation), { seconds: 0 });
        const folder = new Folder(new Map([['ds1', volume]]), 'ds1', name);
        const bytes = new Uint8Array(512);
        openDisk(folder, `${name}.vmdk`, zlibCodec).read(MIB / 512 - 1, 1, bytes, 0);
        return true;
      } catch {
        return false;
      }
    };
    simulation.command({ ...rename, datastore: 'ds1' });
    const names = new Set<string>();
    for (let at = 0; at < 50 && !names.has('new'); at++) {
      simulation.runUntil(2e8 + at * 2e6);
      const found = ['old', 'new'].filter(opens);
      expect(found).not.toEqual([]);
      names.add(found.join());
    }
    expect([...names]).toEqual(['old', 'new']);
    endCleanly(simulation);
    const images = imagesOf(simulation);
    expect(damage(images)).toEqual([]);
    const volume = Volume.open(images, { seconds: 0 });
    expect(volume.list('/new').map(({ name }) => name)).toEqual(['new-flat.vmdk', 'new.vmdk']);
    expect(volume.list('/old')).toEqual([]);
  });
});
