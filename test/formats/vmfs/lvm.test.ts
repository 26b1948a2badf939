/** Volumes over several devices: made larger, with parts missing, copied. */
import { afterAll, describe, expect, it } from 'vitest';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import {
  type Generation,
  VMFS3,
  VMFS5,
  VMFS6,
} from '../../../src/engine/formats/vmfs/generation.js';
import { growFileSystem } from '../../../src/engine/formats/vmfs/grow-blocks.js';
import { LogicalVolume } from '../../../src/engine/formats/vmfs/logical-volume.js';
import { extendLvm, growLvm } from '../../../src/engine/formats/vmfs/lvm-change.js';
import type { BlockMedium } from '../../../src/engine/formats/vmfs/medium.js';
import { copiedDevices, resignature } from '../../../src/engine/formats/vmfs/resignature.js';
import { makeUuid } from '../../../src/engine/formats/vmfs/uuid.js';
import { MemoryImage } from '../../../src/input/image/memory-image.js';
import { FaultyImage, PowerLoss } from './faulty-image.js';
import {
  formatted,
  MIB,
  Model,
  openToRead,
  openToWrite,
  pattern,
  readAll,
  SECONDS,
  sequence,
} from './model.js';
import { hasTool, Images, run } from './tools.js';

const images = new Images();
afterAll(() => images.remove());

const EXTENT = 256 * MIB;

function image(name: string, bytes: number): MemoryImage {
  return new MemoryImage(name, bytes / 512);
}

/** The same content on a larger device. */
function larger(old: MemoryImage, bytes: number): MemoryImage {
  const grown = image(old.name, bytes);
  for (const [at, content] of old.written()) {
    const blocks = Math.min(content.length / 512, old.blocks - at / 512);
    grown.write(at / 512, blocks, content);
  }
  return grown;
}

function extend(media: readonly BlockMedium[], added: readonly BlockMedium[]): void {
  const uuids = added.map((_, index) => makeUuid(SECONDS, [1, 2, index]));
  extendLvm(LogicalVolume.openInterrupted(media), added, uuids, SECONDS + 9);
}

/** How many blocks the file system has more. */
function useAll(media: readonly BlockMedium[]): number {
  const volume = openToWrite(media);
  const more = growFileSystem(volume.core);
  volume.close();
  return more;
}

function totalOf(media: readonly BlockMedium[]): number {
  const blocks = openToRead(media)
    .space()
    .resources.find(({ name }) => name === '.fbb.sf');
  return blocks?.total ?? 0;
}

function expectSound(media: readonly MemoryImage[], generation: Generation, model: Model): void {
  expect(checkVolume(media).findings.list).toEqual([]);
  model.expectOn(openToRead(media));
  if (generation.product === 6 || !hasTool('fsck.vmfs')) return;
  const paths = images.store(media);
  const counters =
    run('fsck.vmfs', ...paths)
      .toString()
      .match(/^[A-Z].* : \d+$/gm) ?? [];
  expect(counters.length).toBeGreaterThanOrEqual(5);
  for (const line of counters) expect(line).toMatch(/ : 0$/);
  expect(run('debugvmfs', ...paths, 'check_vol_bitmaps').toString()).toContain('Total errors: 0');
  for (const [path, content] of [...model.files].slice(-5)) {
    if (content === undefined) continue;
    expect(Buffer.compare(run('debugvmfs', ...paths, 'cat', path), content), path).toBe(0);
  }
}

/** Random files, and no blocks that fsck.vmfs misunderstands. */
function filled(media: readonly BlockMedium[], seed: number): Model {
  const volume = openToWrite(media, false);
  const model = new Model(sequence(seed), volume);
  for (let step = 0; step < 40; step++) model.step();
  for (const [path, content] of model.files) {
    if (content !== undefined && volume.stat(path).toBeZeroed > 0) volume.write(path, 0, content);
  }
  volume.close();
  return model;
}

describe.each([VMFS3, VMFS5, VMFS6])('a $name volume', (generation) => {
  it('is extended by devices and grown in place, with its files', () => {
    const [first] = formatted({ generation, sizes: [600 * MIB] });
    const model = filled([first], 3);
    const media = [first, image('second', 300 * MIB), image('third', 560 * MIB)];
    const old = totalOf([first]);
    // Whole extents of 256 MiB (reference, section 3.5): 2, then 1, then 2 more.
    expect(old).toBe(512);
    extend(media.slice(0, 1), media.slice(1));
    expect(totalOf(media)).toBe(old);
    expect(useAll(media)).toBe(768);
    expect(totalOf(media)).toBe(1280);
    expectSound(media, generation, model);
    // So large that the bitmaps need more file blocks themselves.
    media[2] = larger(media[2], 840 * EXTENT + 17 * MIB);
    growLvm(LogicalVolume.openInterrupted(media), SECONDS);
    expect(useAll(media)).toBe(838 * 256);
    expect(totalOf(media)).toBe(843 * 256);
    // The new space is really there: more blocks than the volume had.
    const volume = openToWrite(media);
    volume.create('/wide', { length: 3000 * MIB, provisioning: 'zeroedthick' });
    volume.write('/wide', 2999 * MIB, pattern(1, MIB));
    const end = new Uint8Array(MIB);
    volume.read('/wide', 2999 * MIB, end);
    expect(Buffer.compare(end, pattern(1, MIB))).toBe(0);
    volume.remove('/wide');
    volume.close();
    expectSound(media, generation, model);
    expect(useAll(media)).toBe(0);
  });

  it('is a copy on another device, and has a name of its own after a resignature', () => {
    const sizes = [600 * MIB, 300 * MIB];
    const media = formatted({ generation, sizes });
    const model = filled(media, 4);
    const moved = media.map(
      (original, index) => new Identified(original.copy(), Uint8Array.of(0x60, index)),
    );
    const before = openToRead(moved).core.superblock;
    expect(copiedDevices(LogicalVolume.open(moved)).length).toBe(2);
    const word = sequence(8);
    const label = resignature(moved, {
      uuid: () => makeUuid(SECONDS, [word(), word(), word()]),
      random: () => 0xabc,
    });
    // Reference, section 3.6.
    expect(label).toBe('snap-00000abc-test');
    const after = openToRead(moved).core;
    expect(after.superblock.label).toBe(label);
    expect(after.superblock.uuid).not.toBe(before.uuid);
    expect(after.superblock.lvmUuid).not.toBe(before.lvmUuid);
    expect(copiedDevices(LogicalVolume.open(moved))).toEqual([]);
    expect(LogicalVolume.open(moved).record.state).toBe(1);
    expect(() => openToRead([media[0], moved[1]])).toThrow('not of one volume');
    expectSound(
      moved.map(({ whole }) => whole),
      generation,
      model,
    );
  });
});

/** A device that says what it is. */
class Identified implements BlockMedium {
  readonly writable = true;

  constructor(
    readonly whole: MemoryImage,
    readonly identity: Uint8Array,
  ) {}

  get name(): string {
    return this.whole.name;
  }

  get blocks(): number {
    return this.whole.blocks;
  }

  read(lba: number, blocks: number, into: Uint8Array): void {
    this.whole.read(lba, blocks, into);
  }

  write(lba: number, blocks: number, from: Uint8Array): void {
    this.whole.write(lba, blocks, from);
  }

  flush(): void {}
}

/** Loses power at each n-th sector that `change` writes, and hands over what is left. */
function cutOff(
  base: readonly MemoryImage[],
  every: number,
  change: (media: readonly BlockMedium[]) => void,
  check: (media: MemoryImage[], what: string) => void,
): number {
  let cuts = 0;
  for (let at = 0; ; at += every) {
    const copies = base.map((one) => one.copy());
    const power = { left: at };
    try {
      change(copies.map((copy) => new Shared(copy, power)));
      return cuts;
    } catch (error) {
      if (!(error instanceof PowerLoss)) throw error;
    }
    cuts++;
    check(copies, `cut off at sector ${at}`);
  }
}

/** Several devices that lose power together. */
class Shared extends FaultyImage {
  constructor(
    image: MemoryImage,
    private readonly power: { left: number },
  ) {
    super(image, Number.POSITIVE_INFINITY, 'front');
  }

  override write(lba: number, blocks: number, from: Uint8Array): void {
    const room = Math.min(blocks, this.power.left);
    this.power.left -= room;
    if (room > 0) super.write(lba, room, from);
    if (room < blocks) throw new PowerLoss();
  }
}

describe('a volume that loses power while it', () => {
  it('is extended can be extended again', () => {
    const base = [...formatted({ sizes: [300 * MIB, 300 * MIB] }), image('new', 300 * MIB)];
    const model = filled(base.slice(0, 2), 6);
    const cuts = cutOff(
      base,
      1,
      (media) => extend(media.slice(0, 2), media.slice(2)),
      (media, what) => {
        const old = LogicalVolume.openInterrupted(media.slice(0, 2));
        if (old.complete) extend(media.slice(0, 2), media.slice(2));
        expect(useAll(media), what).toBe(256);
        expect(checkVolume(media).findings.list, what).toEqual([]);
        model.expectOn(openToRead(media));
      },
    );
    expect(cuts).toBeGreaterThan(5);
  });

  it('grows can be grown again', () => {
    const [small] = formatted({ sizes: [300 * MIB] });
    const model = filled([small], 7);
    const base = [larger(small, 1100 * MIB)];
    const cuts = cutOff(
      base,
      4,
      (media) => {
        growLvm(LogicalVolume.openInterrupted(media), SECONDS);
        useAll(media);
      },
      (media, what) => {
        model.expectOn(openToRead(media));
        growLvm(LogicalVolume.openInterrupted(media), SECONDS);
        useAll(media);
        expect(totalOf(media), what).toBe(1024);
        expect(checkVolume(media).findings.list, what).toEqual([]);
        model.expectOn(openToRead(media));
      },
    );
    expect(cuts).toBeGreaterThan(5);
  });

  it('is resignatured goes on where it was', () => {
    const base = formatted({ sizes: [300 * MIB, 300 * MIB] });
    const model = filled(base, 8);
    const change = (media: readonly BlockMedium[]): string => {
      const word = sequence(9);
      const uuid = (): string => makeUuid(SECONDS, [word(), word(), word()]);
      return resignature(media, { uuid, random: () => 5 });
    };
    const cuts = cutOff(base, 1, change, (media, what) => {
      expect(change(media), what).toBe('snap-00000005-test');
      expect(checkVolume(media).findings.list, what).toEqual([]);
      model.expectOn(openToRead(media));
    });
    expect(cuts).toBeGreaterThan(5);
  });
});

describe('a device that is missing', () => {
  it('takes its files with it, and no others', () => {
    const media = formatted({ sizes: [400 * MIB, 700 * MIB, 300 * MIB] });
    const volume = openToWrite(media);
    volume.create('/near');
    volume.write('/near', 0, pattern(1, 3 * MIB));
    volume.create('/filler', { length: 220 * MIB, provisioning: 'zeroedthick' });
    volume.create('/far');
    volume.write('/far', 0, pattern(2, 30 * MIB));
    volume.close();
    const rest = [media[2], media[0]];
    const partial = openToRead(rest);
    expect(Buffer.compare(readAll(partial, '/near'), pattern(1, 3 * MIB))).toBe(0);
    // Extents 1 and 2 of the four are on the device of 700 MiB: 512 MiB.
    expect(() => readAll(partial, '/far')).toThrow(/missing: extents 1 to 2 \(512 MB\)/);
    expect(() => openToWrite(rest)).toThrow(/missing: it has extents 1 to 2/);
    expect(checkVolume(rest).findings.count('device-missing')).toBe(1);
  });

  it('is one of up to 32', () => {
    const sizes = Array.from({ length: 32 }, () => 280 * MIB);
    const media = formatted({ sizes });
    expect(openToRead(media.toReversed()).space().volumeBytes).toBe(32 * EXTENT);
    expect(checkVolume(media).findings.list).toEqual([]);
    expect(() => extend(media, [image('one more', 300 * MIB)])).toThrow('at most 32');
    expect(() => formatted({ sizes: [...sizes, 280 * MIB] })).toThrow('1 to 32');
  });
});

it('is found behind partition tables, each device behind its own', () => {
  const bare = formatted({ sizes: [300 * MIB, 600 * MIB] });
  const model = filled(bare, 12);
  const media = bare.map((one, index) => {
    const start = [128, 2048][index];
    const disk = image(`disk${index}`, one.blocks * 512 + start * 512);
    for (const [at, content] of one.written()) {
      disk.write(start + at / 512, content.length / 512, content);
    }
    const table = new Uint8Array(512);
    table.set([0x55, 0xaa], 510);
    // Reference, section 2: type fb; partitions begin at sector 128 (VMFS 3) or 2048.
    table[446 + 4] = 0xfb;
    const fields = new DataView(table.buffer);
    fields.setUint32(446 + 8, start, true);
    fields.setUint32(446 + 12, one.blocks, true);
    disk.write(0, 1, table);
    return disk;
  });
  expectSound(media, VMFS5, model);
  media.push(image('bare', 300 * MIB));
  extend(media.slice(0, 2), media.slice(2));
  expect(useAll(media)).toBe(256);
  expectSound(media, VMFS5, model);
});
