/**
 * Power lost while snapshots are made, deleted and merged: after every command a device performs, what
 * lies on it is opened as files by the library of the formats, which knows nothing of the engine.
 */
import { describe, expect, it, vi } from 'vitest';
import { expand } from '../../../src/engine/core/expand.js';
import { Media } from '../../../src/engine/devices/media.js';
import { Dictionary } from '../../../src/engine/formats/dictionary/dictionary.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import { readHardware } from '../../../src/engine/formats/vmx/hardware.js';
import { SnapshotList } from '../../../src/engine/formats/vmx/snapshot-list.js';
import { MergeJob } from '../../../src/engine/operations/merge-job.js';
import type { SnapshotAction } from '../../../src/engine/plan/commands.js';
import { DiskChain } from '../../../src/engine/stack/vmfiles/chain/disk-chain.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { MemoryFolder } from '../../formats/vmdk/model.js';
import { planOf, Work } from '../../operations/work.js';
import { SECOND } from '../support.js';

/** A guest that checks 96 KiB of a thin disk, and never stops writing. */
function small(trim: number): Work {
  return new Work(
    planOf({
      array: { luns: [{ name: 'lun', count: 1, size: '4GiB', thin: true }] },
      datastores: [{ name: 'one', extents: 'array1/lun0' }],
      job: {
        rw: 'randrw',
        rwmixread: 20,
        bs: '4k:16k',
        iodepth: 3,
        size: '96KiB',
        verify: true,
        thinktime: '3ms',
        trim_percentage: trim,
      },
    }),
  );
}

const expanded = new Map<number, Uint8Array>();

/** What a stamp stands for; a run asks for the same ones at every command. */
function bytesOf(stamp: number): Uint8Array {
  const bytes = expanded.get(stamp) ?? expand(stamp);
  expanded.set(stamp, bytes);
  return bytes;
}

/** What is wrong when the machine is started again, here and now, from what the devices hold. */
function problemOf({ simulation }: Work): string | undefined {
  const folder = new MemoryFolder();
  for (const file of simulation.filesOf('vm1')) file.write(folder.create(file.name));
  const read = (name: string) => Dictionary.read(folder.open(name).content(), name);
  const { devices } = readHardware(read('vm1.vmx'), 'vm1.vmx');
  const states: [string, string | undefined][] = [[devices[0]!.file, undefined]];
  for (const { displayName, disks } of new SnapshotList(read('vm1.vmsd'), 'vm1.vmsd').all()) {
    states.push([disks[0]!.file, displayName]);
  }
  const [verifier] = simulation.verifiers;
  const { startBlock, endBlock } = verifier!;
  const bytes = new Uint8Array((endBlock - startBlock) * 512);
  for (const [name, snapshot] of states) {
    try {
      openDisk(folder, name, zlibCodec).read(startBlock, endBlock - startBlock, bytes, 0);
    } catch (error) {
      return `${name}: ${(error as Error).message}`;
    }
    for (let lba = startBlock; lba < endBlock; lba += 8) {
      const at = (lba - startBlock) * 512;
      const found = bytes.subarray(at, at + 4096);
      const allowed = verifier!.stampsAt(lba, snapshot);
      if (allowed.some((stamp) => Buffer.compare(bytesOf(stamp), found) === 0)) continue;
      return `${name}: block at ${lba} is not what any of ${allowed} stands for`;
    }
  }
  return undefined;
}

/** Does an operation; the first problem after any command the devices perform meanwhile, and how many. */
function interrupted(run: Work, action: SnapshotAction): { problem?: string; boundaries: number } {
  const outcome: { problem?: string; boundaries: number } = { boundaries: 0 };
  const look = (): void => {
    outcome.boundaries++;
    const problem = outcome.problem ?? problemOf(run);
    if (problem !== undefined) outcome.problem = problem;
  };
  const execute = Media.prototype.execute;
  const spy = vi.spyOn(Media.prototype, 'execute').mockImplementation(function (
    this: Media,
    ...command
  ) {
    execute.apply(this, command);
    look();
  });
  run.simulation.command({ kind: 'snapshot', vm: 'vm1', ...action });
  for (let left = 500; run.simulation.snapshots.taskOf('vm1') !== undefined; left--) {
    expect(left).toBeGreaterThan(0);
    run.run(run.simulation.now + 0.01 * SECOND);
  }
  look();
  spy.mockRestore();
  run.run(run.simulation.now + 0.05 * SECOND);
  return outcome;
}

describe('power lost at any command of a device', () => {
  it.each([
    ['seSparse', 10],
    ['vmfsSparse', 0],
  ] as const)('leaves chains that open, and what was acknowledged (%s)', (format, trim) => {
    const run = small(trim);
    run.run(0.1 * SECOND);
    const actions: SnapshotAction[] = [
      { action: 'create', snapshot: 'one', format },
      { action: 'create', snapshot: 'two', format },
      { action: 'create', snapshot: 'three', format },
      { action: 'delete', snapshot: 'two' },
      { action: 'revert', snapshot: 'one' },
      { action: 'delete', snapshot: 'one' },
      { action: 'deleteAll' },
      { action: 'consolidate' },
    ];
    let boundaries = 0;
    for (const action of actions) {
      const outcome = interrupted(run, action);
      expect({ action, problem: outcome.problem }).toEqual({ action, problem: undefined });
      boundaries += outcome.boundaries;
    }
    expect(boundaries).toBeGreaterThan(100);
    expect(run.simulation.snapshots.chainOf(0).length).toBe(1);
    expect(run.simulation.violations).toEqual([]);
  });

  it('is seen where a merge leaves grains behind, or changes an id its child does not know', () => {
    const lost = small(0);
    lost.run(0.1 * SECOND);
    interrupted(lost, { action: 'create', snapshot: 'one' });
    const begin = vi
      .spyOn(MergeJob.prototype as unknown as { begin(): boolean }, 'begin')
      .mockReturnValue(false);
    expect(interrupted(lost, { action: 'deleteAll' }).problem).toMatch(/is not what any of/);
    begin.mockRestore();

    const wrong = small(0);
    wrong.run(0.1 * SECOND);
    interrupted(wrong, { action: 'create', snapshot: 'one' });
    const merged = DiskChain.prototype.merged;
    const spy = vi.spyOn(DiskChain.prototype, 'merged').mockImplementation(function (
      this: DiskChain,
      into,
      sources,
    ) {
      into.cid = sources[0]!.cid + 1;
      const children = this.childrenOf(sources[0]!).map((link) => ({ link, was: link.parentCid }));
      merged.call(this, into, sources);
      for (const { link, was } of children) link.parentCid = was;
    });
    expect(interrupted(wrong, { action: 'deleteAll' }).problem).toMatch(/content id mismatch/);
    spy.mockRestore();
  });
});
