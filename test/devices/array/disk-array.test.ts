import { describe, expect, it } from 'vitest';
import {
  ABORT,
  ATS,
  FLUSH,
  INQUIRY,
  OTHER,
  READ,
  TEST_UNIT_READY,
  UNMAP,
  WRITE,
  XCOPY,
  ZERO,
} from '../../../src/engine/core/io.js';
import {
  CHECK,
  deviceStatus,
  HOST_NO_CONNECT,
  hostStatus,
  SENSE_COPY_TARGET_UNREACHABLE,
  SENSE_INVALID_CDB_FIELD,
  SENSE_INVALID_OPCODE,
  SENSE_INVALID_PARAMETER,
  SENSE_LBA_OUT_OF_RANGE,
  SENSE_LUN_NOT_SUPPORTED,
  SENSE_MISCOMPARE,
  SENSE_NOT_READY_TRANSITION,
  SENSE_SPACE_ALLOCATION_FAILED,
  SENSE_THIN_SOFT_THRESHOLD,
  TASK_ABORTED,
} from '../../../src/engine/core/status.js';
import { decodeBlockLimits, VPD_BLOCK_LIMITS } from '../../../src/engine/formats/scsi-vpd.js';
import { fillColumn } from '../../rows.js';
import { GIB, lunPlan, MIB, poolPlan, rig } from '../support.js';

const NO_CONNECT = hostStatus(HOST_NO_CONNECT);
const GOOD = [0, 0];
const outcomeOf = ({ status, sense }: { status: number; sense: number }) => [status, sense];

describe('ownership (ALUA)', () => {
  it('is optimized at the owner, not optimized and slower at the other controller', () => {
    const { luns, run, sim } = rig();
    expect([0, 1].map((controller) => luns[0]!.accessState(controller))).toEqual([0, 1]);
    run({ lba: 0 });
    let start = sim.now;
    const near = run({ lba: 0 }).at - start;
    start = sim.now;
    const far = run({ lba: 0, over: 1 }).at - start;
    expect(far - near).toBe(150_000);
  });

  it('answers 02/04/0A while it moves, then the other controller owns the LUN', () => {
    const { luns, run, sim } = rig();
    const lun = luns[0]!;
    const states: number[][] = [];
    lun.onStateChange(() => states.push([lun.accessState(0), lun.accessState(1)]));
    lun.setOwner(1, 'drill');
    expect(outcomeOf(run({}))).toEqual([CHECK, SENSE_NOT_READY_TRANSITION]);
    expect(outcomeOf(run({ op: TEST_UNIT_READY, over: 1 }))).toEqual([
      CHECK,
      SENSE_NOT_READY_TRANSITION,
    ]);
    expect(outcomeOf(run({ op: INQUIRY }))).toEqual(GOOD);
    sim.runUntil(3e9);
    expect(outcomeOf(run({}))).toEqual(GOOD);
    expect(states).toEqual([
      [15, 15],
      [1, 0],
    ]);
    expect(sim.log.entries.map(({ kind, at }) => [kind, at])).toEqual([
      ['lun.trespass', 0],
      ['lun.owner', 2e9],
    ]);
  });

  it('has equal controllers on an active-active array', () => {
    const { luns, run } = rig({ access: 'active-active' });
    expect([0, 1].map((controller) => luns[0]!.accessState(controller))).toEqual([0, 0]);
    luns[0]!.setOwner(1, 'drill');
    expect(outcomeOf(run({}))).toEqual(GOOD);
  });
});

describe('controllers', () => {
  it('fails over to the survivor and back to the preferred one', () => {
    const { array, luns, nexuses, run, sim } = rig();
    array.failController(0, 'power');
    expect(nexuses.map(({ up }) => up)).toEqual([false, true]);
    expect([0, 1].map((controller) => luns[0]!.accessState(controller))).toEqual([3, 15]);
    expect(run({ over: 0 }).status).toBe(NO_CONNECT);
    sim.runUntil(3e9);
    expect([0, 1].map((controller) => luns[0]!.accessState(controller))).toEqual([3, 0]);
    expect(outcomeOf(run({ over: 1 }))).toEqual(GOOD);
    array.repairController(0, 'replaced');
    sim.runUntil(6e9);
    expect([0, 1].map((controller) => luns[0]!.accessState(controller))).toEqual([0, 1]);
    expect(outcomeOf(run({ over: 0 }))).toEqual(GOOD);
    const kinds = sim.log.entries.map(({ kind }) => kind);
    expect(kinds).toContain('controller.failed');
    expect(kinds).toContain('controller.repaired');
    expect(kinds.filter((kind) => kind === 'port.state')).toHaveLength(2);
  });

  it('may lose the last one, and comes back with whichever is repaired first', () => {
    const { array, luns, run, sim } = rig();
    array.failController(0, 'power');
    array.failController(1, 'power');
    sim.runUntil(5e9);
    for (const over of [0, 1]) expect(run({ over }).status).toBe(NO_CONNECT);
    array.repairController(1, 'power back');
    sim.runUntil(10e9);
    expect(luns[0]!.owner).toBe(1);
    expect(outcomeOf(run({ over: 1 }))).toEqual(GOOD);
  });
});

describe('LUN', () => {
  it('answers the small commands and refuses unknown ones and bad ranges', () => {
    const { run } = rig();
    for (const op of [TEST_UNIT_READY, INQUIRY, FLUSH]) {
      expect(outcomeOf(run({ op, blocks: 0 }))).toEqual(GOOD);
    }
    expect(outcomeOf(run({ op: OTHER }))).toEqual([CHECK, SENSE_INVALID_OPCODE]);
    const end = GIB / 512;
    expect(outcomeOf(run({ lba: end - 8, blocks: 8 }))).toEqual(GOOD);
    for (const op of [READ, WRITE, UNMAP, ZERO, ATS, XCOPY]) {
      const outcome = run({ op, lba: end - 7, blocks: 8 });
      expect(outcomeOf(outcome)).toEqual([CHECK, SENSE_LBA_OUT_OF_RANGE]);
    }
  });

  it('refuses VAAI commands the array does not know', () => {
    const { run } = rig({ vaai: { ats: false, clone: false, zero: false, unmap: false } });
    for (const op of [ATS, XCOPY, ZERO, UNMAP]) {
      expect(outcomeOf(run({ op }))).toEqual([CHECK, SENSE_INVALID_OPCODE]);
    }
  });

  it('compares and writes atomically', () => {
    const { run, sim } = rig();
    const expected = sim.requests.column('ats.expect', Float64Array);
    const swap = sim.requests.column('ats.swap', Float64Array);
    const lock = (from: number, to: number) => {
      expected.fill(from);
      swap.fill(to);
      return outcomeOf(run({ op: ATS, lba: 64, blocks: 1 }));
    };
    expect(lock(0, 7)).toEqual(GOOD);
    expect(lock(0, 9)).toEqual([CHECK, SENSE_MISCOMPARE]);
    expect(lock(7, 0)).toEqual(GOOD);
    expect(lock(0, 9)).toEqual(GOOD);
  });

  it.each([4e9, 1e9])('copies inside the array one command after the other, at %i B/s', (rate) => {
    const { send, sim, guest } = rig({ copyBytesPerSecond: rate });
    fillColumn(sim.requests, sim.requests.column('xcopy.target', Float64Array), 8192);
    send({ op: XCOPY, lba: 0, blocks: 8192 });
    send({ op: XCOPY, lba: 0, blocks: 8192 });
    sim.runUntil(1e9);
    const [first, second] = guest.outcomes;
    expect(second!.at - first!.at).toBe((8192 * 512 * 1e9) / rate);
  });

  it('copies to another LUN of the array, which gives pages for it, unless it cannot', () => {
    const { sim, run, luns } = rig({
      luns: [lunPlan({ thin: true }), lunPlan({ uid: 'naa.2', name: 'l1', number: 1, thin: true })],
    });
    const [, other] = luns;
    fillColumn(sim.requests, sim.requests.column('xcopy.target', Float64Array), 4096);
    fillColumn(sim.requests, sim.requests.column('xcopy.unit', Int32Array), other!.index);
    expect(outcomeOf(run({ op: XCOPY, lba: 0, blocks: 8192 }))).toEqual(GOOD);
    expect(other!.allocatedBlocks).toBe(8192);
    // A segment's count has 16 bits (SPC-4, type 02h).
    expect(outcomeOf(run({ op: XCOPY, lba: 0, blocks: 65_536 }))).toEqual([
      CHECK,
      SENSE_INVALID_PARAMETER,
    ]);
    other!.setLost(true, 'drill');
    expect(outcomeOf(run({ op: XCOPY, lba: 0, blocks: 8 }))).toEqual([
      CHECK,
      SENSE_COPY_TARGET_UNREACHABLE,
    ]);
  });

  it('takes no UNMAP and no WRITE SAME longer than page B0h says', () => {
    const { run, luns } = rig();
    const limits = decodeBlockLimits(luns[0]!.offload.vitalProductData(VPD_BLOCK_LIMITS));
    for (const [op, most] of [
      [UNMAP, limits.unmapBlocks],
      [ZERO, limits.writeSameBlocks],
    ] as const) {
      expect(outcomeOf(run({ op, blocks: most }))).toEqual(GOOD);
      expect(outcomeOf(run({ op, blocks: most + 1 }))).toEqual([CHECK, SENSE_INVALID_CDB_FIELD]);
    }
  });

  it('that is lost answers 05/25/00 to everything until it is presented again', () => {
    const { run, luns } = rig();
    luns[0]!.setLost(true, 'unmapped');
    for (const op of [READ, WRITE, TEST_UNIT_READY, INQUIRY, ATS]) {
      expect(outcomeOf(run({ op }))).toEqual([CHECK, SENSE_LUN_NOT_SUPPORTED]);
    }
    luns[0]!.setLost(false, 'mapped');
    expect(outcomeOf(run({}))).toEqual(GOOD);
  });

  it('that is unreachable holds its answers until it is reachable', () => {
    const { send, sim, guest, luns } = rig();
    luns[0]!.setUnreachable(true, 'drill');
    for (const op of [READ, WRITE, TEST_UNIT_READY, UNMAP]) send({ op });
    sim.runUntil(60e9);
    expect(guest.outcomes).toHaveLength(0);
    luns[0]!.setUnreachable(false, 'healed');
    sim.runUntil(61e9);
    expect(guest.outcomes.map(({ status, at }) => [status, at])).toEqual(
      Array.from({ length: 4 }, () => [0, 60e9]),
    );
  });

  it('lets held commands go when their connection breaks, and only those', () => {
    const { send, sim, guest, luns, nexuses } = rig();
    luns[0]!.setUnreachable(true, 'drill');
    send({ over: 0 });
    send({ over: 1 });
    sim.runUntil(1e9);
    nexuses[0]!.setUp(false, 'cable');
    sim.runUntil(2e9);
    expect(guest.outcomes.map(({ status }) => status)).toEqual([NO_CONNECT]);
    luns[0]!.setUnreachable(false, 'healed');
    sim.runUntil(3e9);
    expect(guest.outcomes.map(({ status }) => status)).toEqual([NO_CONNECT, 0]);
  });

  it('lets held commands go when only their LUN is cut off', () => {
    const { send, sim, guest, luns, nexuses } = rig();
    luns[0]!.setUnreachable(true, 'drill');
    send({ over: 0 });
    send({ over: 1 });
    sim.runUntil(1e9);
    nexuses[1]!.setLunReachable(luns[0]!.index, false, 'masked');
    sim.runUntil(2e9);
    expect(guest.outcomes.map(({ status }) => status)).toEqual([NO_CONNECT]);
  });

  it('aborts a held command', () => {
    const { send, sim, guest, luns } = rig();
    luns[0]!.setUnreachable(true, 'drill');
    send({ op: READ });
    sim.runUntil(1e9);
    send({ op: ABORT, lba: 0, blocks: 0 });
    sim.runUntil(2e9);
    expect(guest.outcomes.map(({ op, status }) => [op, status])).toEqual([
      [READ, deviceStatus(TASK_ABORTED)],
      [ABORT, 0],
    ]);
  });
});

describe('thin provisioning', () => {
  const thin = {
    pools: [poolPlan({ capacityBytes: 8 * MIB, softThreshold: 0.5 })],
    luns: [lunPlan({ thin: true })],
  };
  const used = (test: ReturnType<typeof rig>) => test.array.pools.get('gold')!.usedBlocks * 512;

  it('takes a page on the first write into it and gives it back on UNMAP', () => {
    const test = rig(thin);
    test.run({ op: READ, lba: 0 });
    expect(used(test)).toBe(0);
    test.run({ op: WRITE, lba: 0 });
    test.run({ op: WRITE, lba: 2040, blocks: 8 });
    expect(used(test)).toBe(MIB);
    test.run({ op: WRITE, lba: 4092, blocks: 8 });
    expect(used(test)).toBe(3 * MIB);
    // Only whole pages: the first is cut into, the second is freed.
    test.run({ op: UNMAP, lba: 8, blocks: 4088 });
    expect(used(test)).toBe(2 * MIB);
    expect(test.luns[0]!.allocatedBlocks).toBe(4096);
  });

  it('warns once with 06/38/07 when the soft threshold is passed', () => {
    const test = rig(thin);
    for (let page = 0; page < 5; page++) {
      expect(outcomeOf(test.run({ op: WRITE, lba: page * 2048 }))).toEqual(GOOD);
    }
    expect(outcomeOf(test.run({ op: READ, lba: 0 }))).toEqual(GOOD);
    const warned = test.run({ op: WRITE, lba: 0 });
    expect(outcomeOf(warned)).toEqual([CHECK, SENSE_THIN_SOFT_THRESHOLD]);
    expect(outcomeOf(test.run({ op: WRITE, lba: 0 }))).toEqual(GOOD);
    expect(test.sim.log.entries.map(({ kind }) => kind)).toEqual(['pool.threshold']);
  });

  it('answers 07/27/07 to writes that need a page of a full pool, until space comes back', () => {
    const test = rig(thin);
    const pool = test.array.pools.get('gold')!;
    let freed = 0;
    pool.onSpaceFreed(() => freed++);
    test.run({ op: WRITE, lba: 0 });
    expect(pool.fill(100 * MIB)).toBe(7 * MIB);
    expect(test.run({ op: WRITE, lba: 0 }).sense).toBe(SENSE_THIN_SOFT_THRESHOLD);
    expect(outcomeOf(test.run({ op: WRITE, lba: 0 }))).toEqual(GOOD);
    const full = test.run({ op: WRITE, lba: 2048 });
    expect(outcomeOf(full)).toEqual([CHECK, SENSE_SPACE_ALLOCATION_FAILED]);
    expect(pool.drain(100 * MIB)).toBe(7 * MIB);
    expect(freed).toBe(1);
    expect(outcomeOf(test.run({ op: WRITE, lba: 2048 }))).toEqual(GOOD);
    const kinds = test.sim.log.entries.map(({ kind }) => kind);
    expect(kinds).toEqual(['pool.threshold', 'pool.full', 'pool.freed']);
  });

  it('counts what was written before the run', () => {
    const test = rig(thin);
    expect(test.luns[0]!.preallocate(0, 3 * 2048)).toBe(true);
    expect(used(test)).toBe(3 * MIB);
    expect(test.luns[0]!.preallocate(0, 9 * 2048)).toBe(false);
    expect(used(test)).toBe(3 * MIB);
  });

  it('refuses thick LUNs that do not fit', () => {
    const luns = [lunPlan({ sizeBytes: 16 * MIB })];
    expect(() => rig({ pools: thin.pools, luns })).toThrow(/8 MB free/);
  });
});

describe('jbod', () => {
  it('gives each LUN a disk of its own, without a cache', () => {
    const luns = [lunPlan(), lunPlan({ name: 'lun1', uid: 'naa.6001', number: 1 })];
    const { array, run, sim } = rig({ kind: 'jbod', controllers: 1, luns });
    expect(array.disks.map(({ name }) => name)).toEqual(['arr:gold:lun0', 'arr:gold:lun1']);
    for (let pass = 0; pass < 2; pass++) {
      const start = sim.now;
      expect(run({ lba: 0, to: 1 }).at - start).toBe(10_000 + 1e6);
    }
  });

  // SBC-3, SYNCHRONIZE CACHE: what was answered before is on the medium when it is answered.
  it('answers a flush when the drive has written what it had answered from its buffer', () => {
    const drive = { model: 'hdd', params: { writeCache: 1, seekTrack: 1e6, commandWrite: 0.1e6 } };
    const took = ({ run, sim }: ReturnType<typeof rig>, op: number): number => {
      const start = sim.now;
      return (
        run({ op, lba: op === WRITE ? 1_000_000 : 0, blocks: op === WRITE ? 8 : 0 }).at - start
      );
    };
    const shelf = rig({ kind: 'jbod', controllers: 1, pools: [poolPlan({ disk: drive })] });
    expect(took(shelf, WRITE)).toBeLessThan(1e6);
    expect(took(shelf, FLUSH)).toBeGreaterThan(1e6);
    // Nothing is left to write; and an array's cache, which keeps what it has, has nothing to wait for.
    expect(took(shelf, FLUSH)).toBeLessThan(1e6);
    const array = rig({ pools: [poolPlan({ disk: drive })] });
    took(array, WRITE);
    expect(took(array, FLUSH)).toBeLessThan(1e6);
  });
});
