/** The write cache: mirror, write-through when it is not safe, and the rates that follow. */
import { describe, expect, it } from 'vitest';
import { WRITE } from '../../../src/engine/core/io.js';
import type { ArrayPlan } from '../../../src/engine/plan/plan.js';
import { MIB, poolPlan, type Rig, rig } from '../support.js';

/** Transfer over the fabric, its latency, and a hit (LUN's constants: controller 2 us, cache 100 us). */
const HIT_NS = 8_000 + 10_000 + 102_000;
const mirror = { latencyNs: 20_000, bytesPerSecond: 512e6 };

function modes(test: Rig): string[] {
  return test.sim.log.entries.filter(({ kind }) => kind === 'cache.mode').map(({ what }) => what);
}

function write(test: Rig, lba = 0): number {
  const start = test.sim.now;
  return test.run({ op: WRITE, lba, blocks: 8 }).at - start;
}

describe('mirror', () => {
  it('a write takes the link there and back and its transfer longer, a read does not', () => {
    expect(write(rig())).toBe(HIT_NS);
    const test = rig({ mirror });
    // 4 KiB at 512 MB/s are 8 us.
    expect(write(test)).toBe(HIT_NS + 20_000 + 8_000);
    const start = test.sim.now;
    expect(test.run({ lba: 0, blocks: 8 }).at - start).toBe(10_000 + 102_000);
  });

  it('takes one write after the other: its bandwidth bounds the writes', () => {
    const slow = { latencyNs: 0, bytesPerSecond: 4096 * 1000 };
    const test = rig({ mirror: slow, cacheBytes: 256 * MIB });
    let next = 0;
    const issue = () => test.send({ op: WRITE, lba: 8 * (next++ % 1000), blocks: 8 });
    test.guest.onOutcome = () => {
      issue();
    };
    for (let index = 0; index < 16; index++) issue();
    test.sim.runUntil(1e9);
    expect(Math.abs(test.guest.outcomes.length / 1000 - 1)).toBeLessThan(0.02);
  });

  it('without its partner the cache writes through, and back again when it is repaired', () => {
    const test = rig({ mirror, access: 'active-active' });
    test.array.failController(1, 'test');
    // To the disk: the pool's disks take 1 ms.
    expect(write(test)).toBeGreaterThanOrEqual(1e6);
    test.array.repairController(1, 'test');
    expect(write(test)).toBe(HIT_NS + 28_000);
    expect(modes(test)).toEqual(['write-through: not safe any more', 'write-back']);
  });

  it('without a mirror one controller is enough', () => {
    const test = rig({ access: 'active-active' });
    test.array.failController(1, 'test');
    expect(write(test)).toBe(HIT_NS);
    expect(modes(test)).toEqual([]);
  });
});

describe('battery', () => {
  it('lost: what is dirty goes to the disks at once, writes too, and reads still hit', () => {
    const test = rig();
    for (let track = 0; track < 40; track++) write(test, 128 * track);
    const pool = test.array.pools.get('gold')!;
    expect(pool.dirtyBlocks).toBe(320);
    test.array.setBattery(false, 'test');
    // 40 tracks on 4 disks of 1 ms each: all on one stripe unit of 8 tracks after the other.
    test.sim.runUntil(test.sim.now + 20e6);
    expect(pool.dirtyBlocks).toBe(0);
    expect(write(test, 8000)).toBeGreaterThanOrEqual(1e6);
    const start = test.sim.now;
    expect(test.run({ lba: 8000, blocks: 8 }).at - start).toBe(112_000);
    test.array.setBattery(true, 'test');
    expect(write(test)).toBe(HIT_NS);
  });

  it('lets in what waited for room', () => {
    const test = rig({ cacheBytes: MIB });
    for (let track = 0; track < 64; track++) test.send({ op: WRITE, lba: 128 * track, blocks: 8 });
    test.sim.runUntil(100_000);
    test.array.setBattery(false, 'test');
    test.sim.runUntil(5e9);
    expect(test.guest.outcomes).toHaveLength(64);
    expect(test.sim.requests.inFlight).toBe(0);
  });
});

describe('saturated', () => {
  /** Writes per second once the cache is full; each to a track of its own. */
  function rate(changes: Partial<ArrayPlan>): number {
    const test = rig({ cacheBytes: 16 * MIB, ...changes });
    const addresses = test.sim.random.stream('addresses');
    const issue = () => test.send({ op: WRITE, lba: 128 * addresses.below(8192), blocks: 8 });
    test.guest.onOutcome = () => {
      issue();
    };
    for (let index = 0; index < 64; index++) issue();
    test.sim.runUntil(1e9);
    const before = test.guest.outcomes.length;
    test.sim.runUntil(3e9);
    return (test.guest.outcomes.length - before) / 2;
  }

  // A full cache takes what it destages: disks x 1,000 per second / accesses per small write.
  it.each([
    [undefined, 8000],
    [10, 4000],
    [5, 2000],
    [6, 8000 / 6],
  ] as const)(
    'RAID %s: the rate of destaging over the penalty, %i per second',
    (level, expected) => {
      const raid = level && { level, spares: 0, rebuildBytesPerSecond: 1e9 };
      const pool = poolPlan({ disks: 8, ...(raid && { raid }) });
      const share = rate({ pools: [pool] }) / expected;
      expect(share).toBeGreaterThan(0.9);
      expect(share).toBeLessThan(1.05);
    },
  );
});
