import { describe, expect, it, vi } from 'vitest';
import { PLUGIN_NOSPACE, pluginStatus } from '../../src/engine/core/status.js';
import { FileJob } from '../../src/engine/operations/file-job.js';
import { MergeJob } from '../../src/engine/operations/merge-job.js';

import type { DiskChain } from '../../src/engine/stack/vmfiles/chain/disk-chain.js';
import { Verifier } from '../../src/engine/workloads/verifier.js';
import { planOf, Work } from '../operations/work.js';
import { SECOND } from './support.js';

/** One VM that writes and verifies 16 MiB of a thin disk of 64 MiB. */
const work = (job: Record<string, unknown> = {}, extra: Record<string, unknown> = {}) =>
  new Work(
    planOf({
      array: { luns: [{ name: 'lun', count: 2, size: '4GiB', thin: true }] },
      datastores: [
        { name: 'one', extents: 'array1/lun0' },
        { name: 'two', extents: 'array1/lun1' },
      ],
      job: {
        rw: 'randrw',
        bs: '4k:16k:64k',
        iodepth: 4,
        size: '16MiB',
        verify: true,
        thinktime: '500us',
        ...job,
      },
      ...extra,
    }),
  );

const create = (snapshot: string, more: Record<string, unknown> = {}) => ({
  kind: 'snapshot' as const,
  vm: 'vm1',
  action: 'create' as const,
  snapshot,
  ...more,
});
const to = (action: 'revert' | 'delete', snapshot: string) => ({
  kind: 'snapshot' as const,
  vm: 'vm1',
  action,
  snapshot,
});
const all = (action: 'deleteAll' | 'consolidate') => ({
  kind: 'snapshot' as const,
  vm: 'vm1',
  action,
});

function step(run: Work, seconds: number): void {
  run.run(run.simulation.now + seconds * SECOND);
}

/** Until the operation under way has ended. */
function finish(run: Work): void {
  for (let left = 200; left > 0; left--) {
    step(run, 0.02);
    if (run.simulation.snapshots.taskOf('vm1') === undefined) return;
  }
  throw new Error(`still ${run.simulation.snapshots.taskOf('vm1')}`);
}

/** Stops the guest, reads everything back, and says what was wrong. */
function verdict(run: Work): readonly string[] {
  run.simulation.stopJobs();
  step(run, 2);
  run.simulation.readBack();
  step(run, 5);
  expect(run.simulation.inFlight).toBe(0);
  return run.simulation.violations.map(({ text }) => text);
}

describe('snapshots of a machine that runs', () => {
  it.each([
    [3, 'vmfsSparse'],
    [5, 'vmfsSparse'],
    [6, 'seSparse'],
  ])(
    'are on VMFS %i of format %s unless told otherwise (stack-upper reference, 4)',
    (version, format) => {
      const run = work({}, { datastores: [{ name: 'one', extents: 'array1/lun0', version }] });
      run.simulation.command(create('one'));
      finish(run);
      const [leaf] = run.simulation.snapshots.chainOf(0);
      expect(leaf?.format).toBe(format);
    },
  );

  for (const format of ['seSparse', 'vmfsSparse'] as const) {
    it(`keep its data through create, delete and delete all (${format})`, () => {
      const run = work();
      step(run, 0.25);
      for (const name of ['one', 'two', 'three']) {
        run.simulation.command(create(name, { format }));
        finish(run);
        step(run, 0.15);
      }
      expect(run.simulation.snapshots.chainOf(0).map((link) => link.format)).toEqual([
        format,
        format,
        format,
        'flat',
      ]);
      run.simulation.command(to('delete', 'two'));
      finish(run);
      expect(run.events('vm.snapshot.deleted').length).toBe(1);
      expect(run.simulation.snapshots.chainOf(0).length).toBe(3);
      run.simulation.command(all('deleteAll'));
      finish(run);
      step(run, 0.1);
      expect(run.simulation.snapshots.chainOf(0).map((link) => link.format)).toEqual(['flat']);
      expect(verdict(run)).toEqual([]);
      expect(run.simulation.verified.blocksWritten).toBeGreaterThan(1000);
    });

    it(`go back to what the guest saw then (${format})`, () => {
      const run = work();
      step(run, 0.25);
      run.simulation.command(create('one', { format }));
      step(run, 0.25);
      run.simulation.command(create('two', { format, quiesce: true }));
      step(run, 0.25);
      run.simulation.command(to('revert', 'one'));
      step(run, 0.25);
      expect(run.events('vm.snapshot.reverted').length).toBe(1);
      run.simulation.command(to('revert', 'two'));
      step(run, 0.25);
      expect(run.events('vm.snapshot.reverted').length).toBe(2);
      expect(verdict(run)).toEqual([]);
      expect(run.simulation.verified.blocksRead).toBeGreaterThan(1000);
    });
  }
});

/** What a disk holds by the list of its files and their grains, read from the LUN past the stack. */
function content(run: Work, snapshot?: string): number[] {
  const { snapshots } = run.simulation;
  const { chains } = snapshots as unknown as { chains: ReadonlyMap<number, DiskChain> };
  const view = run.stamps(run.source(), 'one');
  for (const { fileNumber, runs } of snapshots.chainOf(0, snapshot).reverse()) {
    const link = chains.get(0)!.links.find(({ file }) => file.index === fileNumber);
    const stamps = run.stamps(link!.file, 'one');
    for (const { lba, blocks, fileBlock } of runs()) {
      for (let at = 0; at < blocks; at += 8) {
        view[(lba + at) / 8] = fileBlock === undefined ? 0 : stamps[(fileBlock + at) / 8]!;
      }
    }
  }
  return view;
}

describe('the files of a chain', () => {
  for (const format of ['seSparse', 'vmfsSparse'] as const) {
    it(`hold what the disk held at each snapshot, whatever comes after (${format})`, () => {
      const run = work(format === 'seSparse' ? { trim_percentage: 5 } : {});
      step(run, 0.25);
      const views = ['one', 'two', 'three'].map((name) => {
        run.simulation.command(create(name, { format }));
        finish(run);
        const view = content(run, name);
        step(run, 0.15);
        return view;
      });
      run.simulation.command(to('delete', 'two'));
      finish(run);
      expect(content(run, 'one')).toEqual(views[0]);
      expect(content(run, 'three')).toEqual(views[2]);
      expect(content(run)).not.toEqual(views[2]);
      run.simulation.stopJobs();
      step(run, 0.5);
      run.simulation.command(to('revert', 'one'));
      finish(run);
      expect(content(run)).toEqual(views[0]);
      run.simulation.command(to('revert', 'three'));
      finish(run);
      expect(content(run)).toEqual(views[2]);
    });
  }
});

describe('the checks of snapshots', () => {
  it('see a revert that the guest was not told of', () => {
    const told = vi.spyOn(Verifier.prototype, 'restore').mockImplementation(() => {});
    const run = work();
    step(run, 0.25);
    run.simulation.command(create('one'));
    step(run, 0.25);
    run.simulation.command(to('revert', 'one'));
    step(run, 0.25);
    expect(verdict(run).length).toBeGreaterThan(0);
    told.mockRestore();
  });

  it('see grains that consolidation leaves behind', () => {
    const run = work();
    step(run, 0.25);
    run.simulation.command(create('one'));
    step(run, 0.25);
    const begin = vi
      .spyOn(MergeJob.prototype as unknown as { begin(): boolean }, 'begin')
      .mockReturnValue(false);
    run.simulation.command(all('deleteAll'));
    finish(run);
    begin.mockRestore();
    expect(run.simulation.snapshots.chainOf(0).length).toBe(1);
    expect(verdict(run).length).toBeGreaterThan(0);
  });
});

describe('a snapshot operation that fails', () => {
  it('leaves a chain that is whole, and consolidation that goes on later', () => {
    const run = work();
    step(run, 0.25);
    run.simulation.command(create('one'));
    step(run, 1);
    // The tenth write into the base is refused: the merge ends there.
    let writes = 0;
    const moved = MergeJob.prototype.moved;
    const broken = vi.spyOn(MergeJob.prototype, 'moved').mockImplementation(function (
      this: MergeJob,
      slot,
      status,
      sense,
    ) {
      writes++;
      moved.call(this, slot, writes === 20 ? pluginStatus(PLUGIN_NOSPACE) : status, sense);
    });
    run.simulation.command(to('delete', 'one'));
    finish(run);
    broken.mockRestore();
    expect(run.events('vm.snapshot.consolidationNeeded').length).toBe(1);
    expect(run.simulation.snapshots.list('vm1')).toEqual([]);
    expect(run.simulation.snapshots.chainOf(0).length).toBe(3);
    step(run, 0.25);
    run.simulation.command(all('consolidate'));
    finish(run);
    expect(run.events('vm.snapshot.consolidated').length).toBe(1);
    expect(run.simulation.snapshots.chainOf(0).length).toBe(1);
    expect(verdict(run)).toEqual([]);
  });

  it('leaves the machine running on all it wrote, whichever of its own writes fails', () => {
    const moved = FileJob.prototype.moved;
    const outcomes: string[] = [];
    for (let failing = 1; ; failing++) {
      const run = work({ size: '1MiB' });
      step(run, 0.1);
      let writes = 0;
      const broken = vi.spyOn(FileJob.prototype, 'moved').mockImplementation(function (
        this: FileJob,
        slot,
        status,
        sense,
      ) {
        writes++;
        moved.call(this, slot, writes === failing ? pluginStatus(PLUGIN_NOSPACE) : status, sense);
      });
      run.simulation.command(create('one'));
      finish(run);
      broken.mockRestore();
      step(run, 0.1);
      const { length } = run.simulation.snapshots.list('vm1');
      const links = run.simulation.snapshots.chainOf(0).length;
      outcomes.push(
        `${run.events('vm.snapshot.failed').length} failed, ${length} listed, ${links}`,
      );
      run.simulation.command(all('consolidate'));
      finish(run);
      expect(run.simulation.snapshots.chainOf(0).length).toBe(1 + length);
      expect(verdict(run)).toEqual([]);
      if (length > 0) break;
    }
    // State of the machine, descriptor and header of the delta, configuration, list; then none fails.
    const undone = '1 failed, 0 listed, 1';
    const spare = '1 failed, 0 listed, 2';
    expect(outcomes).toEqual([undone, undone, undone, undone, spare, '0 failed, 1 listed, 2']);
  });

  it('ends where it is when its host dies, and nothing is lost', () => {
    // While its state is written, in the stun, and in a merge.
    for (const [action, afterNs] of [
      [create('one', { memory: true }), 1e6],
      [create('one', { memory: true }), 4e7],
      [all('deleteAll'), 2e6],
    ] as const) {
      const run = work({ size: '4MiB' });
      step(run, 0.1);
      if (action.action === 'deleteAll') {
        run.simulation.command(create('one'));
        finish(run);
        step(run, 0.2);
      }
      run.simulation.command(action);
      run.run(run.simulation.now + afterNs);
      const heal = run.inject('host-crash', 'esx1');
      step(run, 0.5);
      expect(run.simulation.snapshots.taskOf('vm1')).toBeUndefined();
      expect(run.simulation.snapshots.list('vm1')).toEqual([]);
      const ended = ['vm.snapshot.failed', 'vm.snapshot.consolidationNeeded'];
      expect(run.entries.filter(({ kind }) => ended.includes(kind)).length).toBe(1);
      heal();
      run.simulation.command({ kind: 'power', vm: 'vm1', state: 'on' });
      step(run, 0.1);
      run.simulation.command(all('consolidate'));
      finish(run);
      expect(run.simulation.snapshots.chainOf(0).length).toBe(1);
      expect(verdict(run)).toEqual([]);
    }
  });

  it('is refused while another is under way, and for names that are not there', () => {
    const run = work();
    step(run, 0.1);
    run.simulation.command(create('one', { memory: true }));
    expect(() => run.simulation.command(create('two'))).toThrow(/still under way/);
    const clone = { kind: 'clone' as const, disk: 0, datastore: 'two', name: 'copy' };
    expect(() => run.simulation.command(clone)).toThrow(/still under way/);
    step(run, 1);
    expect(() => run.simulation.command(create('one'))).toThrow(/already/);
    expect(() => run.simulation.command(to('revert', 'three'))).toThrow(/no snapshot three/);
    expect(run.simulation.snapshots.list('vm1')).toMatchObject([
      { name: 'one', uid: 1, parent: undefined, withMemory: true },
    ]);
  });
});

describe('a chain', () => {
  it("keeps content ids: a child has its parent's, until it is written", () => {
    const run = work({ rw: 'randread' });
    step(run, 0.2);
    run.simulation.command(create('one'));
    step(run, 0.2);
    run.simulation.command(create('two'));
    step(run, 0.2);
    const [leaf, middle, base] = run.simulation.snapshots.chainOf(0);
    // Nothing is written: all have the content of the base (vmdk-formats reference, 5 and 14).
    expect(leaf!.cid).toBe(base!.cid);
    expect([leaf!.parentCid, middle!.parentCid]).toEqual([middle!.cid, base!.cid]);
    expect(base!.parentCid).toBe(0xffffffff);

    const busy = work();
    step(busy, 0.2);
    busy.simulation.command(create('one'));
    step(busy, 0.2);
    const [written, parent] = busy.simulation.snapshots.chainOf(0);
    expect(written!.cid).not.toBe(parent!.cid);
    expect(written!.parentCid).toBe(parent!.cid);
  });
});

describe('all paths down for longer than the time-out', () => {
  /** Both links are down for 150 s while a guest works on a delta. */
  function cutOff(
    format: 'seSparse' | 'vmfsSparse',
    job: Record<string, unknown>,
    host: Record<string, unknown> = {},
  ): Work {
    // A redo log takes no UNMAP.
    const trims = format === 'seSparse' ? { trim_percentage: 50 } : {};
    const run = work({ ...trims, ...job }, { host });
    const { simulation } = run;
    simulation.command(create('one', { format }));
    step(run, 3);
    for (const target of ['esx1/vmhba1', 'esx1/vmhba2']) {
      simulation.command({ kind: 'inject', fault: 'link-down', target, params: {} });
    }
    step(run, 150);
    expect(run.events('apd.timeout').length).toBeGreaterThan(0);
    return run;
  }

  it.each(['seSparse', 'vmfsSparse'] as const)(
    'holds what a guest asks of a delta, as any I/O of a machine: %s',
    (format) => {
      // Stack-lower reference, 4.5: I/O of the host itself fails fast from 140 s on, that of VMs never.
      const run = cutOff(format, { thinktime: '100ms' });
      const { simulation } = run;
      expect(simulation.inFlight).toBeGreaterThan(0);
      for (const { id } of simulation.activeFaults) simulation.command({ kind: 'heal', id });
      simulation.stopJobs();
      step(run, 60);
      expect(simulation.inFlight).toBe(0);
      expect(simulation.totals().errors).toBe(0);
      expect(simulation.violations).toEqual([]);
    },
  );

  it('lets all of it fail with Scsi.FailVMIOonAPD, and where the host dies', () => {
    const settings = { 'Scsi.FailVMIOonAPD': 1 };
    // Every block of the delta has its space by then: what is under way is the delta's own.
    const job = { size: '512KiB', bs: '4k', iodepth: 16, rwmixread: 10, thinktime: '50ms' };
    const failing = cutOff('seSparse', job, { settings });
    const dying = cutOff('seSparse', job);
    const fault = { fault: 'host-crash', target: 'esx1', params: {} };
    dying.simulation.command({ kind: 'inject', ...fault });
    for (const run of [failing, dying]) {
      run.simulation.stopJobs();
      step(run, 5);
      expect(run.simulation.inFlight).toBe(0);
      expect(run.simulation.violations).toEqual([]);
    }
    expect(failing.simulation.totals().errors).toBeGreaterThan(0);
  });
});
