import { describe, expect, it } from 'vitest';
import { ChangeTracker, type DiskArea } from '../../src/engine/stack/vmfiles/change-tracker.js';
import { planOf, Work } from '../operations/work.js';
import { SECOND } from './support.js';

const KIB = 1024;
const MIB = 1024 * KIB;

let number = 0;
const uuid = (): string => `${number++}`.padStart(32, '0');

describe('a change tracker', () => {
  it('has granules of 64 KiB, larger ones for large disks, and half a MB for 10 GB', () => {
    // vmdk-formats reference, 12.
    const of = (bytes: number) => new ChangeTracker(bytes / 512, uuid);
    expect(of(64 * MIB).granuleBlocks * 512).toBe(64 * KIB);
    expect(of(10 * KIB * MIB).fileBytes / MIB).toBeGreaterThan(0.4);
    expect(of(10 * KIB * MIB).fileBytes / MIB).toBeLessThan(0.7);
    const large = of(62 * MIB * MIB);
    expect(Math.log2(large.granuleBlocks / 128) % 1).toBe(0);
    expect(large.fileBytes).toBeLessThan(2 * MIB);
  });

  it('joins neighbours, ends with the disk, and forgets nothing until it is told to', () => {
    const tracker = new ChangeTracker(1000, uuid);
    const first = tracker.changeId;
    tracker.freeze();
    tracker.touch(0, 1);
    tracker.touch(130, 1);
    tracker.touch(999, 1);
    expect(tracker.changedSince(first)).toEqual([
      { start: 0, length: 128 * KIB },
      { start: 448 * KIB, length: 1000 * 512 - 448 * KIB },
    ]);
    tracker.reset();
    expect(tracker.changedSince(first)).toBeUndefined();
    expect(tracker.changedSince('nonsense')).toBeUndefined();
    expect(tracker.changedSince(tracker.changeId)).toEqual([]);
  });

  it('keeps for a snapshot what was written before it, whatever comes after', () => {
    const tracker = new ChangeTracker(4096, uuid);
    const one = tracker.freeze();
    tracker.touch(128, 8);
    const two = tracker.freeze();
    tracker.touch(128, 8);
    tracker.touch(2048, 8);
    expect(tracker.changedSince(one.changeId, two)).toEqual([{ start: 65536, length: 65536 }]);
    expect(tracker.changedSince(two.changeId)?.map(({ start }) => start)).toEqual([65536, MIB]);
  });
});

function granulesOf(areas: readonly DiskArea[]): number[] {
  return areas.flatMap(({ start, length }) =>
    Array.from({ length: length / (64 * KIB) }, (_, index) => start / (64 * KIB) + index),
  );
}

describe('changed areas of a running disk', () => {
  const work = new Work(
    planOf({
      array: { luns: [{ name: 'lun', count: 2, size: '4GiB', thin: true }] },
      datastores: [
        { name: 'one', extents: 'array1/lun0' },
        { name: 'two', extents: 'array1/lun1' },
      ],
      job: { rw: 'randwrite', bs: '4k', iodepth: 2, size: '32MiB', thinktime: '10ms' },
    }),
  );
  const { simulation } = work;
  const snapshot = (name: string): void => {
    simulation.command({ kind: 'snapshot', vm: 'vm1', action: 'create', snapshot: name });
    work.run(simulation.now + 0.5 * SECOND);
  };
  simulation.command({ kind: 'track', disk: 0, state: 'on' });
  work.run(SECOND);
  snapshot('one');
  const since = simulation.snapshots.changeIdOf(0, 'one');
  snapshot('two');
  const [, between] = simulation.snapshots.chainOf(0);

  it('are those whose grains the delta of that time holds', () => {
    const written = new Set<number>();
    for (const { lba, blocks } of between!.runs()) {
      for (let at = lba; at < lba + blocks; at += 8) written.add(Math.floor(at / 128));
    }
    expect(written.size).toBeGreaterThan(20);
    const areas = simulation.snapshots.changedAreas(0, since, 'two');
    expect(granulesOf(areas)).toEqual([...written].sort((a, b) => a - b));
  });

  it('are all that hold something when asked by *', () => {
    const all = simulation.snapshots.changedAreas(0, '*', 'two');
    const bytes = all.reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBe(work.source().allocatedBlocks * 512);
  });

  it('are known when the machine has been off, and not when its host has died', () => {
    const before = simulation.snapshots.changedAreas(0, since, 'two');
    simulation.command({ kind: 'power', vm: 'vm1', state: 'off' });
    work.run(simulation.now + 0.2 * SECOND);
    simulation.command({ kind: 'power', vm: 'vm1', state: 'on' });
    work.run(simulation.now + 0.2 * SECOND);
    expect(simulation.snapshots.changedAreas(0, since, 'two')).toEqual(before);
    const now = simulation.snapshots.changeIdOf(0);
    const reboot = work.inject('host-crash', 'esx1');
    work.run(simulation.now + SECOND);
    reboot();
    work.run(simulation.now + SECOND);
    simulation.command({ kind: 'power', vm: 'vm1', state: 'on' });
    expect(() => simulation.snapshots.changedAreas(0, now)).toThrow(/not known.*read all/s);
    expect(simulation.snapshots.changeIdOf(0)).not.toBe(now);
    work.run(simulation.now + 0.2 * SECOND);
  });

  it('are not known any more after a revert', () => {
    simulation.command({ kind: 'snapshot', vm: 'vm1', action: 'revert', snapshot: 'one' });
    work.run(simulation.now + 0.5 * SECOND);
    expect(() => simulation.snapshots.changedAreas(0, since)).toThrow(/not known.*read all/s);
    simulation.command({ kind: 'track', disk: 0, state: 'off' });
    expect(() => simulation.snapshots.changeIdOf(0)).toThrow(/not tracked/);
  });
});
