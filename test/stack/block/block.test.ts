import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { READ, RESERVE, UNMAP, WRITE, ZERO } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { CHECK, SENSE_LBA_OUT_OF_RANGE } from '../../../src/engine/core/status.js';
import { DiskDriver } from '../../../src/engine/stack/block/disk-driver.js';
import {
  extentsOf,
  LvmVolume,
  PHYSICAL_EXTENT_BLOCKS,
  volumeBlocks,
} from '../../../src/engine/stack/block/lvm-volume.js';
import { NOT_HERE, WITHDRAWN } from '../../../src/engine/stack/recall.js';
import { TestDevice, TestGuest } from '../rig.js';

const GIB = 2_097_152;

function setUpDisk(rows = 64): { sim: Sim; guest: TestGuest; device: TestDevice } {
  const sim = new Sim(1, rows);
  const device = new TestDevice(sim);
  const guest = new TestGuest(sim, 'guest');
  guest.lower = new DiskDriver(sim, { host: 'esx1', uid: 'naa.1', capacityBlocks: GIB }, device);
  return { sim, guest, device };
}

describe('disk driver', () => {
  it('adds the start of the partition', () => {
    const { sim, guest, device } = setUpDisk();
    guest.issue(READ, 0, 100, 8);
    sim.runUntil(1e9);
    expect(device.seen).toEqual([{ op: READ, lba: 2148, blocks: 8, world: 1 }]);
    expect(guest.done).toMatchObject([{ status: 0 }]);
  });

  it('cuts UNMAP and WRITE SAME at what page B0h of the device allows', () => {
    const { sim, guest, device } = setUpDisk();
    const limits = { unmapBlocks: 65_536, zeroBlocks: 2048 };
    const options = { host: 'esx1', uid: 'naa.2', capacityBlocks: GIB, ...limits };
    guest.lower = new DiskDriver(sim, options, device);
    guest.issue(UNMAP, 0, 0, 65_537);
    guest.issue(ZERO, 0, 0, 4096);
    sim.runUntil(1e9);
    expect(device.seen.map(({ op, lba, blocks }) => [op, lba, blocks])).toEqual([
      [UNMAP, 2048, 65_536],
      [UNMAP, 2048 + 65_536, 1],
      [ZERO, 2048, 2048],
      [ZERO, 4096, 2048],
    ]);
    expect(guest.done.map(({ status }) => status)).toEqual([0, 0]);
  });

  it('cuts reads and writes at Disk.DiskMaxIOSize (32767 KB), commands without data not', () => {
    const { sim, guest, device } = setUpDisk();
    guest.issue(WRITE, 0, 0, 65_534);
    guest.issue(WRITE, 0, 0, 65_535);
    guest.issue(UNMAP, 0, 0, 200_000);
    sim.runUntil(1e9);
    expect(device.seen.map(({ lba, blocks }) => [lba, blocks])).toEqual([
      [2048, 65_534],
      [2048, 65_534],
      [2048 + 65_534, 1],
      [2048, 200_000],
    ]);
    expect(guest.done.length).toBe(3);
    expect(sim.requests.inFlight).toBe(0);
  });

  it('rejects what lies beyond the partition with 05/21/00', () => {
    const { sim, guest, device } = setUpDisk();
    guest.issue(READ, 0, GIB - 2048 - 8, 8);
    guest.issue(READ, 0, GIB - 2048 - 7, 8);
    sim.runUntil(1e9);
    expect(device.seen.length).toBe(1);
    expect(guest.done).toMatchObject([
      { status: CHECK, sense: SENSE_LBA_OUT_OF_RANGE },
      { status: 0 },
    ]);
  });

  it('waits for rows when the table is full and loses nothing', () => {
    const { sim, guest, device } = setUpDisk(5);
    // Two rows of three pieces each: the second finds no row for its pieces at first.
    guest.issue(WRITE, 0, 0, 65_534 * 3);
    guest.issue(WRITE, 0, 300_000, 65_534 * 3);
    sim.runUntil(60e9);
    expect(guest.done.length).toBe(2);
    const blocks = device.seen.reduce((sum, seen) => sum + seen.blocks, 0);
    expect(blocks).toBe(2 * 3 * 65_534);
    expect(sim.requests.inFlight).toBe(0);
  });
});

describe('LVM volume', () => {
  it('makes whole physical extents of 256 MiB, from 17 MiB of the device on', () => {
    // 0x1100000 bytes are 34816 blocks, 2048 of them before the partition.
    expect(extentsOf([34_816 + PHYSICAL_EXTENT_BLOCKS * 3 + 5])).toEqual([
      { startBlock: 32_768, blocks: PHYSICAL_EXTENT_BLOCKS * 3 },
    ]);
    expect(extentsOf([1000])[0].blocks).toBe(0);
  });

  it('golden: a volume over two extents', () => {
    const sim = new Sim(1, 64);
    const devices = [new TestDevice(sim), new TestDevice(sim)];
    const guest = new TestGuest(sim, 'guest');
    const extents = extentsOf([GIB, 2 * GIB]);
    expect(volumeBlocks(extents)).toBe((3 + 7) * PHYSICAL_EXTENT_BLOCKS);
    guest.lower = new LvmVolume(sim, { host: 'esx1', datastore: 'ds', extents }, devices);
    const border = 3 * PHYSICAL_EXTENT_BLOCKS;
    guest.issue(READ, 0, 0, 8);
    guest.issue(READ, 0, border - 8, 8);
    guest.issue(READ, 0, border, 8);
    guest.issue(WRITE, 0, border - 3, 8);
    guest.issue(READ, 0, 10 * PHYSICAL_EXTENT_BLOCKS - 4, 8);
    sim.runUntil(1e9);
    expect(devices.map(({ seen }) => seen.map(({ op, lba, blocks }) => [op, lba, blocks]))).toEqual(
      [
        [
          [READ, 32_768, 8],
          [READ, 32_768 + border - 8, 8],
          [WRITE, 32_768 + border - 3, 3],
        ],
        [
          [READ, 32_768, 8],
          [WRITE, 32_768, 5],
        ],
      ],
    );
    expect(guest.done.map(({ sense }) => sense)).toEqual([SENSE_LBA_OUT_OF_RANGE, 0, 0, 0, 0]);
    expect(sim.requests.inFlight).toBe(0);
  });

  it('sends a command without blocks to the extent of its address, or waits until that is known', () => {
    const sim = new Sim(1, 64);
    const devices = [new TestDevice(sim), new TestDevice(sim)];
    const guest = new TestGuest(sim, 'guest');
    const extents = extentsOf([GIB, GIB]);
    const [first, second] = extents;
    const blocksNow = () => volumeBlocks(extents);
    const names = { host: 'esx1', datastore: 'ds', extents: [first!], blocksNow };
    const lvm = new LvmVolume(sim, names, [devices[0]!]);
    let looks = 0;
    lvm.onBeyond = () => looks++;
    guest.lower = lvm;
    guest.issue(RESERVE, 0, first!.blocks - 8, 0);
    guest.issue(RESERVE, 0, first!.blocks, 0);
    expect(looks).toBe(1);
    lvm.append(second!, devices[1]!);
    lvm.resume();
    sim.runUntil(1e9);
    const seen = devices.map((device) => device.seen.map(({ op }) => op));
    expect(seen).toEqual([[RESERVE], [RESERVE]]);
    expect(guest.done.map(({ status }) => status)).toEqual([0, 0]);
  });

  it('gives back a row that waits until the host has looked', () => {
    const sim = new Sim(1, 64);
    const device = new TestDevice(sim);
    const guest = new TestGuest(sim, 'guest');
    const extents = [{ startBlock: 0, blocks: 1000 }];
    const blocksNow = (): number => 2000;
    const volume = new LvmVolume(sim, { host: 'h', datastore: 'd', extents, blocksNow }, [device]);
    let looks = 0;
    volume.onBeyond = () => {
      looks++;
    };
    guest.lower = volume;
    for (const lba of [1000, 1500]) guest.issue(READ, 0, lba, 8);
    const [first, second] = [...Array(64).keys()].filter((io) => sim.requests.live(io));
    expect(looks).toBe(1);
    expect(volume.recall(first)).toBe(WITHDRAWN);
    expect(volume.recall(first)).toBe(NOT_HERE);
    volume.append({ startBlock: 1000, blocks: 1000 }, device);
    volume.resume();
    sim.runUntil(1e9);
    expect(device.seen.map(({ lba }) => lba)).toEqual([1500]);
    expect(volume.recall(second)).toBe(NOT_HERE);
  });

  it('maps every block where a simple model maps it', () => {
    const part = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 40 })), { maxLength: 30 }),
        (sizes, rows) => {
          const sim = new Sim(1, 256);
          const devices = sizes.map(() => new TestDevice(sim));
          const guest = new TestGuest(sim, 'guest');
          const extents = sizes.map((blocks, index) => ({ startBlock: 1000 * index, blocks }));
          guest.lower = new LvmVolume(sim, { host: 'h', datastore: 'd', extents }, devices);
          // The model: a list of all blocks of the volume in order.
          const model = sizes.flatMap((blocks, device) =>
            Array.from({ length: blocks }, (_, block) => `${device}:${1000 * device + block}`),
          );
          const expected: string[] = [];
          for (const [from, blocks] of rows) {
            const lba = from % model.length;
            guest.issue(READ, 0, lba, blocks);
            if (lba + blocks <= model.length) expected.push(...model.slice(lba, lba + blocks));
          }
          sim.runUntil(1e9);
          const touched = devices.flatMap(({ seen }, device) =>
            seen.flatMap(({ lba, blocks }) =>
              Array.from({ length: blocks }, (_, block) => `${device}:${lba + block}`),
            ),
          );
          expect(touched.sort()).toEqual(expected.sort());
          expect(guest.done.length).toBe(rows.length);
          expect(sim.requests.inFlight).toBe(0);
        },
      ),
    );
  });
});
