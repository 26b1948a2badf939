/** Disks that fail, spares that are rebuilt, disks that come back. */
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../../src/engine/core/errors.js';
import { WRITE } from '../../../../src/engine/core/io.js';
import type { RaidLevel, RaidPlan } from '../../../../src/engine/plan/plan.js';
import { GIB, MIB, poolPlan, type Rig, rig } from '../../support.js';

/** What a rebuild moves at once. */
const STEP_BYTES = MIB;

function group(level: RaidLevel, disks: number, raid: Partial<RaidPlan> = {}): Rig {
  const plan = { level, spares: 1, rebuildBytesPerSecond: 1e12, ...raid };
  const disk = { model: 'constant', params: { service: 1e6 } };
  return rig({ cacheBytes: 0, pools: [poolPlan({ disks, raid: plan, disk, capacityBytes: GIB })] });
}

const poolOf = (test: Rig) => test.array.pools.get('gold')!;
const events = (test: Rig, kind: string) =>
  test.sim.log.entries.filter((entry) => entry.kind === kind);

describe('rebuild', () => {
  // A step is read from all others side by side (1 ms), then written (1 ms).
  it.each([
    [5, 5, GIB / 4],
    [6, 6, GIB / 4],
    [1, 2, GIB],
    [10, 4, GIB / 2],
  ] as const)(
    'RAID %i of %i disks: the disk, step by step, at 2 ms each',
    (level, disks, bytes) => {
      const test = group(level, disks);
      poolOf(test).redundancy!.fail(0, 1e9, 'test');
      expect(poolOf(test).group!.members.impaired).toBe(1);
      const { entity } = test.array.disks[0]!;
      const state = (): number => entity.values[entity.slot('state')]!;
      expect(state()).toBe(1);
      test.sim.runUntil(1.001e9);
      expect(state()).toBe(2);
      test.sim.runUntil(30e9);
      const [rebuilt] = events(test, 'raid.rebuilt');
      expect(rebuilt!.at - 1e9).toBe((bytes / STEP_BYTES) * 2e6);
      expect(poolOf(test).group!.members.impaired).toBe(0);
      expect(state()).toBe(0);
      expect(test.sim.requests.inFlight).toBe(0);
    },
  );

  it('is no faster than its rate: capacity / rate', () => {
    const test = group(5, 5, { rebuildBytesPerSecond: 32 * MIB });
    poolOf(test).redundancy!.fail(2, 0, 'test');
    test.sim.runUntil(30e9);
    const [rebuilt] = events(test, 'raid.rebuilt');
    // 256 MiB at 32 MiB/s; the last step is not followed by a pause.
    expect(rebuilt!.at / 1e9).toBeGreaterThan(7.96);
    expect(rebuilt!.at / 1e9).toBeLessThanOrEqual(8);
  });

  it('competes with hosts: both become slower', () => {
    const loop = (fails: boolean): [number, number] => {
      const test = group(5, 5);
      const addresses = test.sim.random.stream('addresses');
      const issue = () => test.send({ lba: 8 * addresses.below(GIB / 4096), blocks: 8 });
      test.guest.onOutcome = () => {
        issue();
      };
      for (let index = 0; index < 20; index++) issue();
      if (fails) poolOf(test).redundancy!.fail(0, 0, 'test');
      test.sim.runUntil(1e9);
      const { length } = test.guest.outcomes;
      test.sim.runUntil(60e9);
      return [length, events(test, 'raid.rebuilt')[0]?.at ?? 0];
    };
    const [calm] = loop(false);
    const [served, rebuiltAt] = loop(true);
    expect(served).toBeLessThan(0.75 * calm);
    expect(rebuiltAt).toBeGreaterThan(2 * (GIB / 4 / STEP_BYTES) * 2e6);
  });

  it('what is rebuilt is read from the spare again', () => {
    const test = group(5, 5, { rebuildBytesPerSecond: 32 * MIB });
    poolOf(test).redundancy!.fail(0, 0, 'test');
    test.sim.runUntil(4e9);
    const reads = (): number => {
      test.sim.meters.sample();
      return test.array.disks[0]!.entity.values[test.array.disks[0]!.entity.slot('reads')]!;
    };
    expect(reads()).toBe(0);
    test.run({ lba: 0, blocks: 8 });
    expect(reads()).toBe(1);
    test.run({ lba: 2_000_000 - (2_000_000 % 4096), blocks: 8 });
    expect(reads()).toBe(1);
  });
});

describe('a disk that comes back', () => {
  it('gets only what it has missed', () => {
    const test = group(5, 5, { spares: 0 });
    const back = poolOf(test).redundancy!.fail(0, 0, 'test');
    // Three stripes of 4 x 1,024 blocks.
    for (const row of [3, 50, 70]) {
      for (let unit = 0; unit < 4; unit++) {
        test.run({ op: WRITE, lba: row * 4096 + unit * 1024, blocks: 1024 });
      }
    }
    back('test');
    const at = test.sim.now;
    test.sim.runUntil(at + 1e9);
    const [rebuilt] = events(test, 'raid.rebuilt');
    expect(rebuilt!.what).toContain('1.5 MB');
    expect(rebuilt!.at - at).toBe(3 * 2e6);
    expect(events(test, 'disk.returned')).toHaveLength(1);
  });

  it('is the new spare when another has taken its place', () => {
    const test = group(5, 5);
    const { redundancy } = poolOf(test);
    for (const disk of [0, 1]) {
      const back = redundancy!.fail(disk, 0, 'test');
      test.sim.runUntil(test.sim.now + 30e9);
      back('test');
    }
    expect(events(test, 'raid.rebuilt')).toHaveLength(2);
  });
});

describe('beyond the redundancy', () => {
  const lose = (test: Rig, disk: number): unknown =>
    poolOf(test).redundancy!.fail(disk, 1e15, 'test');

  it.each([
    [5, 5, [0], 1],
    [6, 6, [0, 1], 2],
    [1, 3, [0, 1], 2],
    [10, 4, [0, 2], 3],
  ] as const)('RAID %i of %i disks may lose %j, then not %i', (level, disks, lost, last) => {
    const test = group(level, disks, { spares: 0 });
    for (const disk of lost) lose(test, disk);
    expect(() => lose(test, last)).toThrow(InputError);
    expect(() => lose(test, last)).toThrow(/data would be lost/);
    expect(test.run({ lba: 0, blocks: 4096 }).status).toBe(0);
  });

  it('not the same disk twice', () => {
    const test = group(6, 6);
    lose(test, 0);
    expect(() => lose(test, 0)).toThrow(/already/);
  });
});
