import { describe, expect, it } from 'vitest';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import { lunPlan, MIB, poolPlan, type Rig, rig } from '../support.js';

function field(entity: { values: Float64Array; slot(name: string): number }, name: string): number {
  return entity.values[entity.slot(name)]!;
}

function spindles(test: Rig, name: string): number {
  test.sim.meters.sample();
  return test.array.disks.reduce((sum, disk) => sum + field(disk.entity, name), 0);
}

/** Time from the port to the answer of a hit: the controller's turn and the cache (LUN's constants). */
const HIT_NS = 102_000;

describe('read cache', () => {
  it('misses once, then hits', () => {
    const test = rig();
    const first = test.run({ lba: 800, blocks: 8 });
    const start = test.sim.now;
    const second = test.run({ lba: 800, blocks: 8 });
    expect(first.at).toBe(10_000 + 1e6);
    expect(second.at - start).toBe(10_000 + HIT_NS);
    const { entity } = test.luns[0]!;
    expect([field(entity, 'cacheHits'), field(entity, 'cacheMisses')]).toEqual([1, 1]);
    expect(first.lba).toBe(800);
    expect(first.blocks).toBe(8);
  });

  it('does not hit blocks of a track that were never read', () => {
    const test = rig();
    test.run({ lba: 0, blocks: 8 });
    test.run({ lba: 64, blocks: 8 });
    expect(field(test.luns[0]!.entity, 'cacheMisses')).toBe(2);
  });

  it('reads on to the end of the track when a stream goes on', () => {
    const test = rig();
    for (let lba = 0; lba < 512; lba += 8) test.run({ lba, blocks: 8 });
    // The first two reads of the first track, then one for each of the other three.
    expect(field(test.luns[0]!.entity, 'cacheMisses')).toBe(5);
    expect(field(test.luns[0]!.entity, 'cacheHits')).toBe(59);
    expect(test.guest.outcomes.every(({ blocks }) => blocks === 8)).toBe(true);
  });

  it('hits across tracks only when all of them hit', () => {
    const test = rig();
    test.run({ lba: 0, blocks: 128 });
    test.run({ lba: 100, blocks: 56 });
    expect(field(test.luns[0]!.entity, 'cacheMisses')).toBe(2);
    test.run({ lba: 100, blocks: 56 });
    expect(field(test.luns[0]!.entity, 'cacheHits')).toBe(1);
  });

  it('keeps LUNs apart', () => {
    const luns = [lunPlan(), lunPlan({ name: 'lun1', uid: 'naa.6001', number: 1 })];
    const test = rig({ luns });
    test.run({ lba: 0, to: 0 });
    test.run({ lba: 0, to: 1 });
    expect(field(test.luns[1]!.entity, 'cacheMisses')).toBe(1);
  });

  it('stripes over the disks by 512 KiB and splits only across a boundary', () => {
    const test = rig();
    test.run({ lba: 1024, blocks: 8 });
    expect(test.array.disks.map((disk) => field(disk.entity, 'reads'))).toEqual([0, 1, 0, 0]);
    test.run({ lba: 2040, blocks: 1032 });
    // One block range on disk 1 (8 blocks), disk 2 (1,024).
    const blocks = test.array.disks.map((disk) => field(disk.entity, 'readBlocks'));
    expect(blocks).toEqual([0, 16, 1024, 0]);
    expect(test.sim.requests.inFlight).toBe(0);
  });

  it('serves a read across stripes even when no row is left for a child', () => {
    const test = rig({}, 1);
    const outcome = test.run({ lba: 1020, blocks: 2048 });
    expect([outcome.status, outcome.lba, outcome.blocks]).toEqual([0, 1020, 2048]);
  });
});

describe('write-back', () => {
  it('answers from the cache and destages later, once for small sequential writes', () => {
    const test = rig();
    for (let lba = 0; lba < 128; lba += 8) {
      const start = test.sim.now;
      expect(test.run({ op: WRITE, lba, blocks: 8 }).at - start).toBe(8_000 + 10_000 + HIT_NS);
    }
    expect(spindles(test, 'writes')).toBe(0);
    const pool = test.array.pools.get('gold')!;
    expect(field(pool.entity, 'dirtyBlocks')).toBe(128);
    test.sim.runUntil(test.sim.now + 2e9);
    expect(spindles(test, 'writes')).toBe(1);
    expect(spindles(test, 'writeBlocks')).toBe(128);
    expect(field(pool.entity, 'dirtyBlocks')).toBe(0);
    expect(test.sim.requests.inFlight).toBe(0);
  });

  it('lets reads hit what has been written', () => {
    const test = rig();
    test.run({ op: WRITE, lba: 0, blocks: 8 });
    test.run({ op: READ, lba: 0, blocks: 8 });
    expect(field(test.luns[0]!.entity, 'cacheHits')).toBe(1);
  });

  it('destages again what was written again on its way', () => {
    const slow = { model: 'constant', params: { service: 1e9 } };
    const test = rig({ pools: [poolPlan({ disk: slow })] });
    test.run({ op: WRITE, lba: 0, blocks: 8 });
    test.sim.runUntil(test.sim.now + 1.5e9);
    test.run({ op: WRITE, lba: 16, blocks: 8 });
    test.sim.runUntil(test.sim.now + 5e9);
    expect(spindles(test, 'writes')).toBe(2);
    expect(spindles(test, 'writeBlocks')).toBe(16);
    expect(test.sim.requests.inFlight).toBe(0);
  });

  it('goes no faster than the disks once the dirty limit is reached', () => {
    // 4 disks of 1,000 writes per second; 16 MiB of cache is 256 tracks, of which 64 may be dirty.
    const test = rig({ cacheBytes: 16 * MIB });
    let next = 0;
    const issue = () => test.send({ op: WRITE, lba: 128 * next++, blocks: 8 });
    test.guest.onOutcome = () => {
      issue();
    };
    for (let index = 0; index < 32; index++) issue();
    test.sim.runUntil(1e9);
    const before = test.guest.outcomes.length;
    test.sim.runUntil(2e9);
    const rate = test.guest.outcomes.length - before;
    expect(Math.abs(rate / 4000 - 1)).toBeLessThan(0.03);
    // Bounded: two destages per disk, and no more rows than that besides the guest's.
    expect(test.sim.requests.inFlight).toBeLessThanOrEqual(32 + 8);
  });

  it('goes on when waiting writes hold every row there is', () => {
    const test = rig({ cacheBytes: MIB }, 8);
    let next = 0;
    const issue = () => test.send({ op: WRITE, lba: 128 * next++, blocks: 8 });
    test.guest.onOutcome = () => {
      if (next < 500) issue();
    };
    for (let index = 0; index < 8; index++) issue();
    test.sim.runUntil(20e9);
    expect(test.guest.outcomes.length).toBeGreaterThanOrEqual(500);
    expect(test.sim.requests.inFlight).toBe(0);
  });
});
