import { describe, expect, it, vi } from 'vitest';
import type { DiskAction, SnapshotAction } from '../../src/engine/plan/commands.js';
import { Mirror } from '../../src/engine/stack/vmfiles/mirror.js';
import { SECOND } from '../simulation/support.js';
import { planOf, Work } from './work.js';

const MIB = 1024 * 1024;

/** One VM that writes and verifies 8 MiB of a thin disk of 64 MiB. */
const work = (host: Record<string, unknown> = {}) =>
  new Work(
    planOf({
      array: { luns: [{ name: 'lun', count: 2, size: '4GiB', thin: true }] },
      host,
      datastores: [
        { name: 'one', extents: 'array1/lun0' },
        { name: 'two', extents: 'array1/lun1' },
      ],
      job: {
        rw: 'randrw',
        bs: '4k:16k',
        iodepth: 4,
        size: '8MiB',
        verify: true,
        thinktime: '500us',
      },
    }),
  );
const software = { settings: { 'DataMover.HardwareAcceleratedMove': 0 } };

const alter = (action: DiskAction) => ({ kind: 'alterDisk' as const, disk: 0, ...action });
const snapshot = (action: SnapshotAction) => ({ kind: 'snapshot' as const, vm: 'vm1', ...action });
const migrate = (datastore: string) => alter({ action: 'migrate', datastore });

function until(run: Work, kind: string, count = 1): void {
  const end = run.simulation.now + 5 * SECOND;
  while (run.events(kind).length < count && run.simulation.now < end) {
    run.run(run.simulation.now + 20_000_000);
  }
  expect(run.events(kind)).toHaveLength(count);
}

function step(run: Work, ns: number): void {
  run.run(run.simulation.now + ns);
}

/** A disk of three links that its guest goes on writing to. */
function chained(run: Work, format: 'seSparse' | 'vmfsSparse' = 'seSparse'): void {
  step(run, 0.3 * SECOND);
  for (const [at, name] of ['a', 'b'].entries()) {
    run.simulation.command(snapshot({ action: 'create', snapshot: name, format }));
    until(run, 'vm.snapshot.created', at + 1);
    step(run, 0.2 * SECOND);
  }
}

function expectSound({ simulation }: Work): void {
  simulation.stopJobs();
  simulation.runUntil(simulation.now + SECOND);
  simulation.readBack();
  simulation.runUntil(simulation.now + 5 * SECOND);
  expect(simulation.inFlight).toBe(0);
  expect(simulation.violations).toEqual([]);
  expect(simulation.totals().errors).toBe(0);
}

const labelsOf = ({ simulation }: Work, scope: string) =>
  simulation.entities.filter((info) => info.scope === scope).map(({ labels }) => labels);

describe('migrate of a disk with snapshots', () => {
  for (const format of ['seSparse', 'vmfsSparse'] as const) {
    it(`moves all of its files while the guest writes, and reverts there (${format})`, () => {
      const run = work(format === 'seSparse' ? software : {});
      const free = run.freeBytes('one');
      run.simulation.setBreakdown(true);
      chained(run, format);
      const writes = run.simulation.totals().writes;
      run.simulation.command(migrate('two'));
      expect(() => run.simulation.command(snapshot({ action: 'deleteAll' }))).toThrow();
      until(run, 'disk.alter.end');
      expect(run.simulation.totals().writes).toBeGreaterThan(writes);
      const links = run.simulation.snapshots.chainOf(0);
      const suffix = format === 'seSparse' ? 'sesparse' : 'delta';
      expect(links.map(({ extent }) => extent)).toEqual([
        `[two] vm1/vm1-000002-${suffix}.vmdk`,
        `[two] vm1/vm1-000001-${suffix}.vmdk`,
        '[two] vm1/vm1-flat.vmdk',
      ]);
      step(run, SECOND);
      expect(
        run
          .filesThere()
          .filter((path) => path.endsWith('vmdk'))
          .sort(),
      ).toEqual([
        `[two] vm1/vm1-000001-${suffix}.vmdk`,
        '[two] vm1/vm1-000001.vmdk',
        `[two] vm1/vm1-000002-${suffix}.vmdk`,
        '[two] vm1/vm1-000002.vmdk',
        '[two] vm1/vm1-flat.vmdk',
        '[two] vm1/vm1.vmdk',
      ]);
      // The disk began empty: but for the snapshots' own files all space it ever took is back.
      expect(free - run.freeBytes('one')).toBeLessThanOrEqual(2 * MIB);
      for (const scope of ['disk', 'vmdk', 'chain']) {
        expect(labelsOf(run, scope).map(({ datastore }) => datastore)).toEqual(['two']);
      }
      const followed = labelsOf(run, 'breakdown').find(({ of }) => of === 'disk');
      expect(followed?.datastore).toBe('two');
      run.simulation.command(snapshot({ action: 'revert', snapshot: 'a' }));
      until(run, 'vm.snapshot.reverted');
      step(run, 0.2 * SECOND);
      run.simulation.command(snapshot({ action: 'deleteAll' }));
      until(run, 'vm.snapshot.deleted');
      expect(run.source().path).toBe('[two] vm1/vm1-flat.vmdk');
      expectSound(run);
    });
  }

  // While what snapshots keep is copied, and while the guest's writes are mirrored.
  for (const begun of ['vm1-flat', 'vm1-000002-sesparse']) {
    it(`stays where it was when the new place is lost after ${begun} was begun`, () => {
      const run = work(software);
      chained(run);
      const [one, two] = [run.filesThere(), run.freeBytes('two')];
      run.simulation.command(migrate('two'));
      const isBegun = () => run.filesThere().includes(`[two] vm1/${begun}.vmdk`);
      for (let left = 1000; left > 0 && !isBegun(); left--) step(run, 200_000);
      expect(isBegun()).toBe(true);
      expect(run.freeBytes('two')).toBeLessThan(two);
      const pdl = { kind: 'inject', fault: 'pdl', target: 'array1/lun1', params: {} } as const;
      run.simulation.command(pdl);
      until(run, 'disk.alter.failed');
      step(run, SECOND);
      expect(run.filesThere()).toEqual(one);
      expect(run.freeBytes('two')).toBe(two);
      run.simulation.command(snapshot({ action: 'deleteAll' }));
      until(run, 'vm.snapshot.deleted');
      expectSound(run);
    });
  }

  it('goes from where bytes are kept to where they are not, and not back with deltas', () => {
    const run = new Work(
      planOf({
        array: {
          luns: [
            { name: 'kept', count: 1, size: '2GiB', content: 'memory' },
            { name: 'lun', count: 1, size: '2GiB' },
          ],
        },
        datastores: [
          { name: 'one', extents: 'array1/kept0' },
          { name: 'two', extents: 'array1/lun0' },
        ],
        job: { rw: 'randwrite', bs: '1k:16k', size: '8MiB', thinktime: '500us' },
      }),
    );
    chained(run);
    run.simulation.command(migrate('two'));
    until(run, 'disk.alter.end');
    step(run, 0.2 * SECOND);
    expect(() => run.simulation.command(migrate('one'))).toThrow(/deltas without bytes/);
    run.simulation.command(snapshot({ action: 'deleteAll' }));
    until(run, 'vm.snapshot.deleted');
    run.simulation.command(migrate('one'));
    until(run, 'disk.alter.end', 2);
    expect(run.simulation.totals().errors).toBe(0);
  });

  it('is found out when its mirror misses writes', () => {
    const missed = vi
      .spyOn(Mirror.prototype as unknown as { goesToBoth(): boolean }, 'goesToBoth')
      .mockReturnValue(false);
    const run = work(software);
    chained(run);
    run.simulation.command(migrate('two'));
    until(run, 'disk.alter.end');
    missed.mockRestore();
    run.simulation.stopJobs();
    step(run, SECOND);
    run.simulation.readBack();
    step(run, 5 * SECOND);
    expect(run.simulation.violations.length).toBeGreaterThan(0);
  });

  it('keeps the kind its deltas are over, and does not extend', () => {
    const run = work();
    chained(run);
    const thick = { action: 'migrate', datastore: 'two', diskKind: 'eagerThick' } as const;
    expect(() => run.simulation.command(alter(thick))).toThrow(/deltas are over/);
    const longer = { action: 'extend', sizeBytes: 128 * MIB } as const;
    expect(() => run.simulation.command(alter(longer))).toThrow(/has snapshots/);
  });
});

describe('rename of a disk with snapshots', () => {
  it('renames every link', () => {
    const run = work();
    chained(run);
    run.simulation.command({ kind: 'power', vm: 'vm1', state: 'off' });
    step(run, SECOND);
    run.simulation.command(alter({ action: 'rename', name: 'data' }));
    step(run, SECOND);
    expect(run.simulation.snapshots.chainOf(0).map(({ descriptor }) => descriptor)).toEqual([
      '[one] vm1/data-000002.vmdk',
      '[one] vm1/data-000001.vmdk',
      '[one] vm1/data.vmdk',
    ]);
    expect(run.filesThere().some((path) => path.startsWith('[one] vm1/vm1-0'))).toBe(false);
    run.simulation.command({ kind: 'power', vm: 'vm1', state: 'on' });
    run.simulation.command(snapshot({ action: 'revert', snapshot: 'a' }));
    until(run, 'vm.snapshot.reverted');
    run.simulation.command(snapshot({ action: 'deleteAll' }));
    until(run, 'vm.snapshot.deleted');
  });
});

describe('changed block tracking', () => {
  it('goes on through a migration (stack-upper reference, 14.1)', () => {
    const run = work(software);
    const { snapshots, backups } = run.simulation;
    const backup = { kind: 'backup', vm: 'vm1', transport: 'san', mode: 'full' } as const;
    step(run, 0.1 * SECOND);
    run.simulation.command(backup);
    until(run, 'backup.end');
    step(run, 0.1 * SECOND);
    run.simulation.command(snapshot({ action: 'create', snapshot: 'base' }));
    until(run, 'vm.snapshot.created', 2);
    const id = snapshots.changeIdOf(0, 'base');
    run.simulation.command(snapshot({ action: 'deleteAll' }));
    until(run, 'vm.snapshot.deleted', 2);
    run.simulation.stopJobs();
    step(run, SECOND);
    const before = snapshots.changedAreas(0, id);
    expect(before.length).toBeGreaterThan(0);
    run.simulation.command(migrate('two'));
    until(run, 'disk.alter.end');
    expect(snapshots.changedAreas(0, id)).toEqual(before);
    expect(run.filesThere().filter((path) => path.endsWith('-ctk.vmdk'))).toEqual([
      '[two] vm1/vm1-ctk.vmdk',
    ]);
    // A proxy that knew where the disk lay reads it where it lies now.
    run.simulation.command({ ...backup, mode: 'incremental' });
    until(run, 'backup.end', 2);
    const point = backups.restorePoint(0);
    expect(point.points.map(({ mode }) => mode)).toEqual(['full', 'incremental']);
    const stamps = run.stamps(run.source(), 'two');
    expect(stamps.map((_, at) => point.stampAt(at * 8))).toEqual(stamps);
  });

  it('begins anew with another size, so that the next incremental backup is full', () => {
    const run = work();
    const backup = { kind: 'backup', vm: 'vm1', transport: 'nbd', mode: 'incremental' } as const;
    run.simulation.command({ ...backup, mode: 'full' });
    until(run, 'backup.end');
    const { backups, snapshots } = run.simulation;
    const id = backups.pointsOf(0)[0]!.changeId;
    expect(() => snapshots.changedAreas(0, id)).not.toThrow();
    run.simulation.command(alter({ action: 'extend', sizeBytes: 96 * MIB }));
    until(run, 'disk.alter.end');
    // "resize of the disk -> new UUID" (vmdk-formats reference, 12).
    expect(() => snapshots.changedAreas(0, id)).toThrow(/not known/);
    expect(snapshots.changeIdOf(0).split('/')[0]).not.toBe(id.split('/')[0]);
    run.simulation.command(backup);
    until(run, 'backup.end', 2);
    expect(backups.pointsOf(0).map(({ mode }) => mode)).toEqual(['full', 'full']);
    expect(backups.pointsOf(0)[1]!.sizeBlocks * 512).toBe(96 * MIB);
    run.simulation.command(backup);
    until(run, 'backup.end', 3);
    expect(backups.pointsOf(0)[2]!.mode).toBe('incremental');
    expectSound(run);
  });
});

describe('migrate of a disk that never had a snapshot', () => {
  it('tells the chain that was made meanwhile, for a snapshot that was refused', () => {
    const run = work(software);
    step(run, 0.3 * SECOND);
    run.simulation.command(migrate('two'));
    const create = snapshot({ action: 'create', snapshot: 'a' });
    expect(() => run.simulation.command(create)).toThrow(/is being cloned/);
    until(run, 'disk.alter.end');
    const [link] = run.simulation.snapshots.chainOf(0);
    expect(link).toMatchObject({
      descriptor: '[two] vm1/vm1.vmdk',
      extent: '[two] vm1/vm1-flat.vmdk',
    });
    run.simulation.command(create);
    until(run, 'vm.snapshot.created');
    expectSound(run);
  });
});
