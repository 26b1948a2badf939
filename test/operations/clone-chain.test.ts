import { describe, expect, it } from 'vitest';
import { SECOND } from '../simulation/support.js';
import { planOf, Work } from './work.js';

const MIB = 1024 * 1024;

/** One VM writes 32 MiB of a thin disk of 64 MiB, and from 0.5 s on 4 MiB elsewhere, 4 KiB at random. */
const work = (later: Record<string, unknown> = {}) =>
  new Work(
    planOf({
      array: { luns: [{ name: 'lun', count: 2, size: '4GiB', thin: true }] },
      datastores: [
        { name: 'one', extents: 'array1/lun0' },
        { name: 'two', extents: 'array1/lun1' },
      ],
      job: [
        { rw: 'write', bs: '64k', iodepth: 4, size: '32MiB', verify: true, stop: '300ms' },
        {
          rw: 'randrw',
          bs: '4k',
          iodepth: 4,
          offset: '40MiB',
          size: '4MiB',
          verify: true,
          start: '500ms',
          thinktime: '500us',
          ...later,
        },
      ] as unknown as Record<string, unknown>,
    }),
  );

const snapshot = (name: string, format: string) => ({
  kind: 'snapshot' as const,
  vm: 'vm1',
  action: 'create' as const,
  snapshot: name,
  format: format as 'seSparse',
});
const clone = (name: string, at?: string) => ({
  kind: 'clone' as const,
  disk: 0,
  datastore: 'two',
  name,
  ...(at === undefined ? {} : { snapshot: at }),
});

function until(run: Work, kind: string, count: number): void {
  const end = run.simulation.now + 60 * SECOND;
  while (run.events(kind).length < count && run.simulation.now < end) {
    run.run(run.simulation.now + 20_000_000);
  }
  expect(run.events('disk.failed')).toEqual([]);
  expect(run.events(kind)).toHaveLength(count);
}

describe('clone of a disk with snapshots', () => {
  for (const format of ['seSparse', 'vmfsSparse']) {
    it(`is the disk as it was then, or as a snapshot keeps it (${format})`, () => {
      const run = work();
      run.run(0.45 * SECOND);
      const first = run.stamps(run.source(), 'one');
      run.simulation.command(snapshot('one', format));
      until(run, 'vm.snapshot.created', 1);
      run.run(0.8 * SECOND);
      run.simulation.command(snapshot('two', format));
      until(run, 'vm.snapshot.created', 2);
      run.run(1.1 * SECOND);
      run.simulation.command(clone('was', 'one'));
      until(run, 'clone.end', 1);
      // What the flat disk held before there were snapshots.
      expect(run.stamps(run.disk('two', 'was'), 'two')).toEqual(first);
      // The guest writes on: the audit holds the copy against the instant at which it began.
      const written = run.simulation.totals().writes;
      run.simulation.command(clone('running'));
      until(run, 'clone.end', 2);
      expect(run.simulation.totals().writes).toBeGreaterThan(written);
      run.simulation.stopJobs();
      run.run(run.simulation.now + SECOND);
      const before = run.mover();
      run.simulation.command(clone('is'));
      until(run, 'clone.end', 3);
      const after = run.mover();
      // The base's 32 MiB lie side by side and go by the array, what deltas hold by the host.
      expect((after.offloadedBlocks! - before.offloadedBlocks!) * 512).toBe(32 * MIB);
      expect((after.copiedBlocks! - before.copiedBlocks!) * 512).toBe(4 * MIB);
      expect(run.disk('two', 'is').allocatedBlocks * 512).toBe(36 * MIB);
      // Merging all deltas into the base must give the same disk.
      const copy = run.stamps(run.disk('two', 'is'), 'two');
      run.simulation.command({ kind: 'snapshot', vm: 'vm1', action: 'deleteAll' });
      until(run, 'vm.snapshot.deleted', 1);
      expect(run.stamps(run.source(), 'one')).toEqual(copy);
      expect(copy).not.toEqual(first);
      expect(run.simulation.wrongClones).toEqual([]);
      expect(run.simulation.violations).toEqual([]);
    });
  }

  it('has the array copy what a delta holds side by side', () => {
    const run = work({ rw: 'write', bs: '1m', iodepth: 1, stop: '900ms' });
    run.run(0.45 * SECOND);
    run.simulation.command(snapshot('one', 'seSparse'));
    until(run, 'vm.snapshot.created', 1);
    run.run(1.2 * SECOND);
    run.simulation.command(clone('is'));
    until(run, 'clone.end', 1);
    // 4 MiB were written in order, so that grains are, and their file blocks but for the one that the
    // first table took in between: the megabyte astride of that is the host's.
    const { offloadedBlocks, copiedBlocks } = run.mover();
    expect(offloadedBlocks! * 512).toBeGreaterThanOrEqual(35 * MIB);
    expect((offloadedBlocks! + copiedBlocks!) * 512).toBe(36 * MIB);
    expect(run.simulation.wrongClones).toEqual([]);
    const copy = run.stamps(run.disk('two', 'is'), 'two');
    run.simulation.command({ kind: 'snapshot', vm: 'vm1', action: 'deleteAll' });
    until(run, 'vm.snapshot.deleted', 1);
    expect(run.stamps(run.source(), 'one')).toEqual(copy);
    expect(copy.slice(40 * 256, 44 * 256).every((stamp) => stamp > 0)).toBe(true);
  });

  it('keeps the snapshot it reads', () => {
    const run = work();
    run.run(0.45 * SECOND);
    run.simulation.command(snapshot('one', 'seSparse'));
    until(run, 'vm.snapshot.created', 1);
    run.simulation.command(clone('was', 'one'));
    const gone = { kind: 'snapshot', vm: 'vm1', action: 'delete', snapshot: 'one' } as const;
    expect(() => run.simulation.command(gone)).toThrow(/being cloned/);
    expect(() => run.simulation.command(clone('again', 'none'))).toThrow(/busy/);
    until(run, 'clone.end', 1);
    expect(() => run.simulation.command(clone('again', 'none'))).toThrow(/no snapshot none/);
    run.simulation.command(gone);
    until(run, 'vm.snapshot.deleted', 1);
  });
});
