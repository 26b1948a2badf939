/** Snapshots of LUNs by copy on write: what they cost in accesses, time and room. */
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/engine/core/errors.js';
import { UNMAP, WRITE } from '../../../src/engine/core/io.js';
import type { ArrayPlan } from '../../../src/engine/plan/plan.js';
import { GIB, lunPlan, MIB, poolPlan, type Rig, rig } from '../support.js';

const PAGE = 2048;

function make(changes: Partial<ArrayPlan> = {}): Rig {
  return rig({ cacheBytes: 0, ...changes });
}

const create = (test: Rig, name: string) => test.array.createSnapshot(test.luns[0]!, name, 'test');
const remove = (test: Rig, name: string) => test.array.deleteSnapshot(test.luns[0]!, name, 'test');
const poolOf = (test: Rig) => test.array.pools.get('gold')!;

function accesses(test: Rig): [number, number] {
  test.sim.meters.sample();
  const sum = (name: string): number =>
    test.array.disks.reduce((all, { entity }) => all + entity.values[entity.slot(name)]!, 0);
  return [sum('reads'), sum('writes')];
}

function cost(test: Rig, lba: number, blocks = 8, op = WRITE): [number, number, number] {
  const [reads, writes] = accesses(test);
  const start = test.sim.now;
  const { status, at } = test.run({ op, lba, blocks });
  expect(status).toBe(0);
  const after = accesses(test);
  return [after[0] - reads, after[1] - writes, Math.floor((at - start) / 1e6)];
}

describe('copy on write', () => {
  // The first write to a part: read the old, write it elsewhere, then write the new; three accesses of
  // 1 ms, one after the other. After that one.
  it('costs a read and a write more, once for each part of 64 KiB', () => {
    const test = make();
    expect(cost(test, 0)).toEqual([0, 1, 1]);
    create(test, 'monday');
    expect(cost(test, 0)).toEqual([1, 2, 3]);
    expect(cost(test, 64)).toEqual([0, 1, 1]);
    expect(cost(test, 128)).toEqual([1, 2, 3]);
    // Two parts of one disk: the second is read while the first is written.
    expect(cost(test, 128 * 10 - 8, 16)).toEqual([2, 3, 4]);
    expect(test.sim.requests.inFlight).toBe(0);
    create(test, 'tuesday');
    expect(cost(test, 0)).toEqual([1, 2, 3]);
  });

  it('reads cost nothing more', () => {
    const test = make();
    create(test, 'monday');
    expect(cost(test, 4096, 8, 0)).toEqual([1, 0, 1]);
  });

  it('finds what is in the cache there', () => {
    const test = rig();
    test.run({ lba: 0, blocks: 128 });
    create(test, 'monday');
    expect(cost(test, 0).slice(0, 2)).toEqual([0, 1]);
  });

  it('copies the same through copies and parity', () => {
    const raid = { level: 10 as const, spares: 0, rebuildBytesPerSecond: 1e9 };
    const test = make({ pools: [poolPlan({ raid })] });
    create(test, 'monday');
    expect(cost(test, 0)).toEqual([1, 4, 3]);
  });

  it('waits for rows, and goes on', () => {
    const test = rig({ cacheBytes: 0 }, 2);
    create(test, 'monday');
    expect(test.run({ op: WRITE, lba: 0, blocks: 4096 }).status).toBe(0);
    expect(test.sim.requests.inFlight).toBe(0);
  });
});

describe('room', () => {
  it('16 copies take a page of 1 MiB of the pool; deleting gives it back', () => {
    const test = make();
    const before = poolOf(test).usedBlocks;
    create(test, 'monday');
    for (let part = 0; part < 17; part++) cost(test, part * 128);
    expect(poolOf(test).usedBlocks - before).toBe(2 * PAGE);
    test.sim.meters.sample();
    const { entity } = test.luns[0]!;
    expect(entity.values[entity.slot('snapshotBlocks')]).toBe(2 * PAGE);
    expect(entity.values[entity.slot('snapshots')]).toBe(1);
    remove(test, 'monday');
    expect(poolOf(test).usedBlocks).toBe(before);
    expect(cost(test, 0)).toEqual([0, 1, 1]);
  });

  it('what an older snapshot needs of a newer one stays when that is deleted', () => {
    const test = make();
    const before = poolOf(test).usedBlocks;
    create(test, 'monday');
    for (let part = 0; part < 16; part++) cost(test, part * 128);
    create(test, 'tuesday');
    // The first 16 are Tuesday's alone; Monday has them. The next 16 both need.
    for (let part = 0; part < 32; part++) cost(test, part * 128);
    expect(poolOf(test).usedBlocks - before).toBe(3 * PAGE);
    remove(test, 'tuesday');
    expect(poolOf(test).usedBlocks - before).toBe(2 * PAGE);
    // Monday is the newest again, and has both halves.
    expect(cost(test, 20 * 128)).toEqual([0, 1, 1]);
    remove(test, 'monday');
    expect(poolOf(test).usedBlocks).toBe(before);
  });

  it('a full pool loses the snapshots, not the write', () => {
    const luns = [lunPlan({ sizeBytes: GIB })];
    const test = make({ luns, pools: [poolPlan({ capacityBytes: GIB + MIB })] });
    create(test, 'monday');
    for (let part = 0; part < 17; part++)
      expect(test.run({ op: WRITE, lba: part * 128 }).status).toBe(0);
    const lost = test.sim.log.entries.filter(({ kind }) => kind === 'snapshot.lost');
    expect(lost.map(({ what }) => what)).toEqual(['monday']);
    expect(poolOf(test).usedBlocks * 512).toBe(GIB);
  });
});

describe('thin LUNs', () => {
  it('pages that hold nothing are not copied; UNMAP copies what it takes away', () => {
    const test = make({ luns: [lunPlan({ thin: true })] });
    cost(test, 0);
    create(test, 'monday');
    expect(cost(test, PAGE)).toEqual([0, 1, 1]);
    // The first page: 16 parts read and written elsewhere.
    expect(cost(test, 0, PAGE, UNMAP).slice(0, 2)).toEqual([16, 16]);
  });
});

describe('names', () => {
  it('are refused twice, and when there is none', () => {
    const test = make();
    expect(() => remove(test, 'monday')).toThrow(InputError);
    create(test, 'monday');
    expect(() => create(test, 'monday')).toThrow(/already/);
    expect(() => remove(test, 'sunday')).toThrow(/known: monday/);
  });
});
