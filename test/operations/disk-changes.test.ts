import { describe, expect, it } from 'vitest';
import type { DiskAction } from '../../src/engine/plan/commands.js';
import type { VmfsFile } from '../../src/engine/stack/filesystem/vmfs/file.js';
import { SECOND } from '../simulation/support.js';
import { planOf, Work } from './work.js';

const MIB = 1024 * 1024;

/** One VM writes and verifies 32 MiB of a thin disk of 64 MiB; half of it stays a hole. */
const plan = (job: Record<string, unknown> = {}, host: Record<string, unknown> = {}) =>
  planOf({
    array: { luns: [{ name: 'lun', count: 2, size: '4GiB', thin: true }] },
    host,
    datastores: [
      { name: 'one', extents: 'array1/lun0' },
      { name: 'two', extents: 'array1/lun1' },
    ],
    job: { rw: 'randrw', bs: '64k', iodepth: 4, size: '32MiB', verify: true, ...job },
  });

const alter = (action: DiskAction) => ({ kind: 'alterDisk' as const, disk: 0, ...action });

/** Every block of the job is written before anything else happens. */
const filled = { rw: 'write', stop: '1s' };

function change(work: Work, action: DiskAction): void {
  const ended = work.events('disk.alter.end').length;
  work.simulation.command(alter(action));
  const until = work.simulation.now + 60 * SECOND;
  while (work.events('disk.alter.end').length === ended && work.simulation.now < until) {
    work.run(work.simulation.now + 50_000_000);
  }
  expect(work.events('disk.alter.failed')).toEqual([]);
  expect(work.events('disk.alter.end')).toHaveLength(ended + 1);
}

function heal(work: Work): void {
  const { simulation } = work;
  for (const { id } of simulation.activeFaults) simulation.command({ kind: 'heal', id });
}

/** Nobody has read anything but what was written, and all of it is read once more. */
function expectSound(work: Work): void {
  const { simulation } = work;
  work.run(simulation.now + SECOND);
  simulation.stopJobs();
  work.run(simulation.now + SECOND);
  simulation.readBack();
  work.run(simulation.now + 10 * SECOND);
  expect(simulation.inFlight).toBe(0);
  expect(simulation.violations).toEqual([]);
  expect(simulation.totals().errors).toBe(0);
}

describe('inflate and punch zero', () => {
  it('inflates a thin disk while its guest writes', () => {
    const work = new Work(plan({ size: '64MiB', bs: '4k' }));
    work.run(20_000_000);
    expect(work.source().allocatedBlocks * 512).toBeLessThan(64 * MIB);
    change(work, { action: 'inflate' });
    const { allocatedBlocks, toBeZeroedBlocks } = work.source();
    // 64 file blocks of 1 MiB, all of them ready.
    expect([allocatedBlocks * 512, toBeZeroedBlocks]).toEqual([64 * MIB, 0]);
    expectSound(work);
    expect(() => work.simulation.command(alter({ action: 'inflate' }))).toThrow('already');
  });

  it('gives back exactly what holds zeros', () => {
    const work = new Work(plan(filled));
    work.run(3 * SECOND);
    const free = work.freeBytes('one');
    const before = work.stamps(work.source(), 'one');
    change(work, { action: 'inflate' });
    expect(work.freeBytes('one')).toBe(free - 32 * MIB);
    expect(work.stamps(work.source(), 'one')).toEqual(before);
    change(work, { action: 'punchZero' });
    expect(work.source().allocatedBlocks * 512).toBe(32 * MIB);
    expect(work.stamps(work.source(), 'one')).toEqual(before);
    work.run(work.simulation.now + SECOND);
    expect(work.freeBytes('one')).toBe(free);
    // The array was told: its thin LUN has let the pages go.
    expect(work.mover().reclaimedBlocks! * 512).toBe(32 * MIB);
    expectSound(work);
  });

  it('punches while the guest writes', () => {
    const work = new Work(plan({ size: '64MiB', bs: '16k' }));
    work.run(20_000_000);
    change(work, { action: 'inflate' });
    change(work, { action: 'punchZero' });
    expectSound(work);
  });

  it('refuses to inflate a disk for which there is no space', () => {
    const work = new Work(plan(filled));
    work.run(3 * SECOND);
    const fill = { kind: 'inject' as const, fault: 'fill-datastore', target: 'one' };
    work.simulation.command({ ...fill, params: { leave: 8 * MIB } });
    const inflate = () => work.simulation.command(alter({ action: 'inflate' }));
    expect(inflate).toThrow(/needs 32 MB, there are 8 MB free/);
  });
});

describe('extend', () => {
  it('makes a disk larger by holes, and by zeros once it is eager-zeroed', () => {
    const work = new Work(plan(filled));
    work.run(3 * SECOND);
    const before = work.stamps(work.source(), 'one');
    change(work, { action: 'extend', sizeBytes: 80 * MIB });
    expect(work.source().sizeBlocks * 512).toBe(80 * MIB);
    expect(work.source().allocatedBlocks * 512).toBe(32 * MIB);
    change(work, { action: 'inflate' });
    change(work, { action: 'extend', sizeBytes: 96 * MIB });
    const file = work.source() as VmfsFile;
    expect([file.allocatedBlocks * 512, file.toBeZeroedBlocks]).toEqual([96 * MIB, 0]);
    expect(work.stamps(file, 'one').slice(0, before.length)).toEqual(before);
    expect(new Set(work.stamps(file, 'one').slice(before.length))).toEqual(new Set([0]));
    expectSound(work);
  });

  it('lets guests reach the new part, through pointer blocks where there were none', () => {
    const work = new Work(plan({ stop: '3s' }));
    work.run(SECOND);
    change(work, { action: 'extend', sizeBytes: 1024 * MIB });
    const params = { iodepth: 8, block: 65536, read: 100 };
    const noise = { kind: 'inject' as const, fault: 'noisy-neighbour', target: 'vm1', params };
    work.simulation.command(noise);
    work.run(work.simulation.now + 100_000_000);
    heal(work);
    expect(work.guestDisk().sizeBlocks! * 512).toBe(1024 * MIB);
    expectSound(work);
    expect(() => work.simulation.command(alter({ action: 'extend', sizeBytes: 64 * MIB }))).toThrow(
      'more than',
    );
  });
});

describe('rename', () => {
  it('renames the files of a disk whose machine is off', () => {
    const work = new Work(plan(filled));
    work.run(3 * SECOND);
    const rename = alter({ action: 'rename', name: 'data' });
    expect(() => work.simulation.command(rename)).toThrow('not powered off');
    work.simulation.command({ kind: 'power', vm: 'vm1', state: 'off' });
    const before = work.stamps(work.source(), 'one');
    work.simulation.command(rename);
    work.run(work.simulation.now + SECOND);
    expect(work.source().path).toBe('[one] vm1/data-flat.vmdk');
    expect(work.filesThere().filter((path) => path.endsWith('.vmdk'))).toEqual([
      '[one] vm1/data.vmdk',
      '[one] vm1/data-flat.vmdk',
    ]);
    work.simulation.command({ kind: 'power', vm: 'vm1', state: 'on' });
    expect(work.stamps(work.source(), 'one')).toEqual(before);
    expectSound(work);
  });
});

describe('migrate (Storage vMotion)', () => {
  const running = { bs: '4k:16k', iodepth: 8, size: '8MiB' };
  const software = { settings: { 'DataMover.HardwareAcceleratedMove': 0 } };

  for (const [by, host] of [
    ['the array', {}],
    ['the host', software],
  ] as const) {
    it(`moves the disk of a running machine, copied by ${by}`, () => {
      const work = new Work(plan(running, host));
      work.run(SECOND);
      const free = work.freeBytes('one');
      const held = work.source().allocatedBlocks * 512;
      const writes = work.simulation.totals().writes;
      change(work, { action: 'migrate', datastore: 'two' });
      expect(work.source().path).toBe('[two] vm1/vm1-flat.vmdk');
      // The guest went on meanwhile.
      expect(work.simulation.totals().writes).toBeGreaterThan(writes);
      work.run(work.simulation.now + SECOND);
      expect(work.freeBytes('one')).toBeGreaterThanOrEqual(free + held);
      const { copiedBlocks, offloadedBlocks } = work.mover();
      expect((by === 'the array' ? offloadedBlocks! : copiedBlocks!) * 512).toBe(held);
      // "typically < 1 s" (stack-upper reference, 14.1)
      const stun = /stunned ([\d.]+) ms/.exec(work.events('disk.alter.end')[0]!.what);
      expect(Number(stun?.[1])).toBeLessThan(1000);
      expectSound(work);
    });
  }

  it('makes another kind of it on the way, and back', () => {
    const work = new Work(plan(running));
    work.run(SECOND);
    change(work, { action: 'migrate', datastore: 'one', diskKind: 'eagerThick' });
    const thick = work.source();
    expect(thick.path).toBe('[one] vm1/vm1_1-flat.vmdk');
    expect([thick.allocatedBlocks * 512, thick.toBeZeroedBlocks]).toEqual([64 * MIB, 0]);
    change(work, { action: 'migrate', datastore: 'two', diskKind: 'thin' });
    expectSound(work);
  });

  it('keeps blocks a guest gives back meanwhile zero on the new disk', () => {
    const work = new Work(plan({ bs: '1m', size: '64MiB', trim_percentage: 30 }, software));
    work.run(SECOND);
    change(work, { action: 'migrate', datastore: 'two' });
    expectSound(work);
  });

  it('stays where it was when there is no space, or the new place is lost on the way', () => {
    const work = new Work(plan({ ...running, stop: '3s' }, software));
    work.run(SECOND);
    const migrate = alter({ action: 'migrate', datastore: 'two' });
    const fill = { kind: 'inject' as const, fault: 'fill-datastore', target: 'two' };
    work.simulation.command({ ...fill, params: { leave: 4 * MIB } });
    work.simulation.command(migrate);
    work.run(SECOND + 500_000_000);
    expect(work.events('disk.alter.failed')[0]?.why).toMatch(/needs 8 MB.* 4 MB free/);
    heal(work);
    const free = work.freeBytes('two');
    work.simulation.command(migrate);
    work.run(work.simulation.now + 3_000_000);
    expect(work.freeBytes('two')).toBe(free - 8 * MIB);
    const pdl = { kind: 'inject' as const, fault: 'pdl', target: 'array1/lun1', params: {} };
    work.simulation.command(pdl);
    work.run(10 * SECOND);
    expect(work.events('disk.alter.failed')).toHaveLength(2);
    expect(work.events('disk.alter.failed')[1]?.what).toContain('stays where it was');
    expect(work.source().path).toBe('[one] vm1/vm1-flat.vmdk');
    expect(work.freeBytes('two')).toBe(free);
    expectSound(work);
  });

  it('moves between VMFS and NFS', () => {
    const work = new Work(
      planOf({
        array: { luns: [{ name: 'lun', size: '4GiB' }] },
        nfsServers: [{ name: 'filer', capacity: '4GiB', plugin: true }],
        datastores: [
          { name: 'one', extents: 'array1/lun' },
          { name: 'nfs', server: 'filer' },
        ],
        job: { rw: 'randrw', verify: true, ...running },
      }),
    );
    work.run(SECOND);
    change(work, { action: 'migrate', datastore: 'nfs' });
    expect(work.source().path).toBe('[nfs] vm1/vm1-flat.vmdk');
    work.run(work.simulation.now + SECOND);
    change(work, { action: 'migrate', datastore: 'one' });
    expectSound(work);
  });
});
