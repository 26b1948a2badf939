/** Volumes in partitions: found, put together, grown with their tables. */
import { afterAll, describe, expect, it } from 'vitest';
import { FormatError, InputError } from '../../../src/engine/core/errors.js';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import { VMFS3, VMFS5, VMFS6 } from '../../../src/engine/formats/vmfs/generation.js';
import { growFileSystem } from '../../../src/engine/formats/vmfs/grow-blocks.js';
import { LogicalVolume } from '../../../src/engine/formats/vmfs/logical-volume.js';
import { growLvm } from '../../../src/engine/formats/vmfs/lvm-change.js';
import { findVmfsPartition, VmfsPartition } from '../../../src/engine/formats/vmfs/partition.js';
import { growPartition } from '../../../src/engine/formats/vmfs/partition-grow.js';
import { resignature } from '../../../src/engine/formats/vmfs/resignature.js';
import { makeUuid } from '../../../src/engine/formats/vmfs/uuid.js';
import type { MemoryImage } from '../../../src/input/image/memory-image.js';
import { DATA, disk, mbrTable, readGptStrictly, writeGptTo, writeMbrTo } from './disks.js';
import { FaultyImage, PowerLoss } from './faulty-image.js';
import {
  formatted,
  MIB,
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

const SECTORS = MIB / 512;
const guid = (): Uint8Array => new Uint8Array(16).fill(0x77);

function partitionOf(medium: MemoryImage | FaultyImage): VmfsPartition {
  const part = findVmfsPartition(medium);
  if (part instanceof VmfsPartition) return part;
  throw new Error('no partition');
}

/** A volume with one file, on a disk of the given MiB from a sector on. */
function onDisk(mib: number, first: number, generation = VMFS5, table = writeGptTo): MemoryImage {
  const [bare] = formatted({ generation, sizes: [300 * MIB] });
  const volume = openToWrite([bare]);
  volume.create('/kept');
  volume.write('/kept', 0, pattern(1, 3 * MIB));
  volume.close();
  const whole = disk('disk', mib * SECTORS, bare, first);
  table(whole, [{ first, blocks: bare.blocks }]);
  return whole;
}

function grow(medium: MemoryImage | FaultyImage): number {
  growPartition(partitionOf(medium), guid);
  growLvm(LogicalVolume.openInterrupted([medium]), SECONDS);
  const volume = openToWrite([medium]);
  growFileSystem(volume.core);
  volume.close();
  return openToRead([medium]).space().volumeBytes / MIB;
}

function expectKept(medium: MemoryImage): void {
  expect(checkVolume([medium]).findings.list).toEqual([]);
  expect(Buffer.compare(readAll(openToRead([medium]), '/kept'), pattern(1, 3 * MIB))).toBe(0);
}

describe('extents in GPT partitions', () => {
  const bare = formatted({ sizes: [300 * MIB, 600 * MIB, 300 * MIB] });
  const volume = openToWrite(bare);
  volume.create('/f', { length: 700 * MIB, provisioning: 'zeroedthick' });
  volume.write('/f', 690 * MIB, pattern(2, 100_000));
  volume.close();
  const media = bare.map((one, index) => {
    const whole = disk(`disk${index}`, one.blocks + 4096 + 34, one, 2048 + index);
    const foreign = { first: 64, blocks: 100, type: DATA };
    writeGptTo(whole, [foreign, { first: 2048 + index, blocks: one.blocks }]);
    return whole;
  });

  it('are one volume in any order', () => {
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ]) {
      const given = order.map((index) => media[index]);
      expect(checkVolume(given).findings.list).toEqual([]);
      const end = new Uint8Array(100_000);
      openToRead(given).read('/f', 690 * MIB, end);
      expect(Buffer.compare(end, pattern(2, 100_000))).toBe(0);
    }
  });

  it('are refused or told when one is missing, foreign, or there twice', () => {
    expect(checkVolume([media[0], media[2]]).findings.count('device-missing')).toBe(1);
    expect(() => openToRead(media.slice(1))).toThrow('head extent is missing');
    expect(() => openToRead([...media, media[1]])).toThrow('same extents');
    const foreign = onDisk(320, 2048);
    expect(() => openToRead([...media.slice(0, 2), foreign])).toThrow('not of one volume');
  });
});

describe('a partition of a GPT', () => {
  it.each([VMFS3, VMFS5, VMFS6])('grows with its $name volume to the end of the disk', (one) => {
    const old = onDisk(320, 2048, one);
    const whole = disk('disk', 900 * SECTORS, old, 0);
    // 900 MiB less 1 MiB in front and 17 MiB of LVM are three whole extents of 256 MiB.
    expect(grow(whole)).toBe(768);
    // UEFI: the table and its header take the last 33 sectors.
    expect(readGptStrictly(whole)).toEqual([{ first: 2048, blocks: 900 * SECTORS - 33 - 2048 }]);
    const left = new Uint8Array(512);
    whole.read(320 * SECTORS - 1, 1, left);
    expect(Buffer.from(left).toString('latin1', 0, 8)).not.toBe('EFI PART');
    whole.read(0, 1, left);
    expect(Buffer.from(left).readUInt32LE(446 + 12)).toBe(900 * SECTORS - 1);
    expectKept(whole);
    expect(grow(whole)).toBe(768);
    if (!hasTool('7z')) return;
    const listed = run('7z', 'l', '-slt', '-tgpt', ...images.store([whole])).toString();
    expect(listed).toContain(`Size = ${(900 * SECTORS - 33 - 2048) * 512}\n`);
    expect(listed).not.toMatch(/error|warning/i);
  });

  it('grows up to the partition behind it', () => {
    const whole = disk('disk', 1200 * SECTORS, onDisk(320, 2048), 0);
    const next = { first: 600 * SECTORS, blocks: SECTORS, type: DATA };
    writeGptTo(whole, [next, { first: 2048, blocks: 300 * SECTORS }]);
    expect(grow(whole)).toBe(512);
    expect(readGptStrictly(whole)).toEqual([next, { first: 2048, blocks: 600 * SECTORS - 2048 }]);
    expectKept(whole);
  });

  it('is found by the copy of a damaged table, which is told and mended', () => {
    const whole = onDisk(700, 2048);
    for (const lba of [1, 3]) {
      const hurt = whole.copy();
      hurt.write(lba, 1, new Uint8Array(512).fill(0x5a));
      expect(checkVolume([hurt]).findings.totals()).toEqual([['partition-table', 1]]);
      expect(grow(hurt)).toBe(512);
      expect(readGptStrictly(hurt)).toHaveLength(1);
      expectKept(hurt);
    }
    const both = whole.copy();
    both.write(both.blocks - 1, 1, new Uint8Array(512));
    expect(checkVolume([both]).findings.count('partition-table')).toBe(1);
    both.write(3, 1, new Uint8Array(512).fill(0x5a));
    expect(() => grow(both)).toThrow('both copies');
    expect(readAll(openToRead([both]), '/kept')).toHaveLength(3 * MIB);
  });

  it('keeps its volume wherever power is lost', () => {
    const base = disk('disk', 600 * SECTORS, onDisk(320, 2048), 0);
    let cuts = 0;
    for (let sectors = 0; ; sectors++) {
      const copy = base.copy();
      try {
        growPartition(partitionOf(new FaultyImage(copy, sectors, 'front')), guid);
        break;
      } catch (error) {
        if (!(error instanceof PowerLoss)) throw error;
      }
      cuts++;
      expect(openToRead([copy]).stat('/kept').length, `cut at ${sectors}`).toBe(3 * MIB);
      growPartition(partitionOf(copy), guid);
      expect(readGptStrictly(copy)[0]?.blocks, `cut at ${sectors}`).toBe(600 * SECTORS - 33 - 2048);
    }
    // Two tables of 32 sectors, two headers, the old copy and sector 0.
    expect(cuts).toBe(2 * 33 + 2);
  });
});

describe('a partition of an MBR', () => {
  it('grows in one sector', () => {
    const whole = disk('disk', 600 * SECTORS, onDisk(320, 128, VMFS3, writeMbrTo), 0);
    expect(grow(whole)).toBe(512);
    const table = Buffer.alloc(512);
    whole.read(0, 1, table);
    expect(table[446 + 4]).toBe(0xfb);
    expect(table.readUInt32LE(446 + 8)).toBe(128);
    expect(table.readUInt32LE(446 + 12)).toBe(600 * SECTORS - 128);
    expectKept(whole);
  });

  it('becomes one of a GPT beyond 2 TiB, when it is alone', () => {
    const old = onDisk(320, 128, VMFS5, writeMbrTo);
    const whole = disk('disk', 0x100000000 + 600 * SECTORS, old, 0);
    growPartition(partitionOf(whole), guid);
    expect(readGptStrictly(whole)).toEqual([{ first: 128, blocks: whole.blocks - 33 - 128 }]);
    const table = Buffer.alloc(512);
    whole.read(0, 1, table);
    expect(table[446 + 4]).toBe(0xee);
    expectKept(whole);
    const two = disk('disk', 0x100000000 + 600 * SECTORS, old, 0);
    two.write(
      0,
      1,
      mbrTable([
        [0xfb, 128, 300 * SECTORS],
        [0xfc, 34, 64],
      ]),
    );
    growPartition(partitionOf(two), guid);
    // Reference, section 2: 2 TiB - 512 B.
    expect(partitionOf(two).length).toBe(0xffffffff - 128);
  });

  it('is found among logical ones, in a bounded chain', () => {
    const whole = onDisk(320, 2048 + 63, VMFS3, () => undefined);
    whole.write(
      0,
      1,
      mbrTable([
        [0x83, 34, 10],
        [0x05, 1024, 310 * SECTORS],
      ]),
    );
    whole.write(
      1024,
      1,
      mbrTable([
        [0x82, 63, 100],
        [0x05, 1024, 305 * SECTORS],
      ]),
    );
    whole.write(
      2048,
      1,
      mbrTable([
        [0xfb, 63, 300 * SECTORS],
        [0x05, 0, 1],
      ]),
    );
    expectKept(whole);
    expect(() => growPartition(partitionOf(whole), guid)).toThrow('logical partition');
  });
});

it('meets damaged tables with clear errors only', () => {
  const next = sequence(3);
  const gpt = onDisk(320, 2048);
  const mbr = onDisk(320, 2048 + 63, VMFS3, () => undefined);
  mbr.write(0, 1, mbrTable([[0x05, 1024, 310 * SECTORS]]));
  mbr.write(
    1024,
    1,
    mbrTable([
      [0x82, 63, 100],
      [0x05, 1024, 305 * SECTORS],
    ]),
  );
  mbr.write(
    2048,
    1,
    mbrTable([
      [0xfb, 63, 300 * SECTORS],
      [0x05, 0, 1],
    ]),
  );
  for (let round = 0; round < 24; round++) {
    const hurt = (round % 2 === 0 ? gpt : mbr).copy();
    const places = round % 2 === 0 ? [0, 1, 1, 1, 2, hurt.blocks - 1] : [0, 1024, 2048];
    for (let hit = 0; hit < 3; hit++) {
      const lba = places[next() % places.length] ?? 0;
      const sector = new Uint8Array(512);
      hurt.read(lba, 1, sector);
      // Most fields are in the first 96 bytes, those of an MBR at its end.
      const at = lba === 0 || lba >= 1024 ? 440 + (next() % 72) : next() % 96;
      sector.set([0, 1, 0x7f, 0xff].slice(next() % 4), at % 509);
      hurt.write(lba, 1, sector);
    }
    checkVolume([hurt]);
    try {
      const part = findVmfsPartition(hurt);
      if (part instanceof VmfsPartition) growPartition(part, guid);
      openToRead([hurt]);
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof InputError)) throw error;
    }
  }
});

it('says what a file is that is no image of a disk', () => {
  for (const [begin, words] of [
    [[0x4b, 0x44, 0x4d, 0x56], 'a VMDK: vmtop disk convert'],
    [[0x1f, 0x8b], 'gunzip'],
  ] as const) {
    const image = disk('image', 4096, undefined, 0);
    const start = new Uint8Array(512);
    start.set(begin);
    image.write(0, 1, start);
    expect(() => openToRead([image])).toThrow(words);
  }
});

it('says so when the disk ends before its partition does', () => {
  const whole = onDisk(320, 2048);
  const cut = disk('cut', 200 * SECTORS, undefined, 0);
  for (const [at, content] of whole.written()) {
    const blocks = Math.min(content.length / 512, cut.blocks - at / 512);
    if (blocks > 0) cut.write(at / 512, blocks, content);
  }
  const kinds = checkVolume([cut])
    .findings.totals()
    .map(([kind]) => kind);
  expect(kinds).toEqual(['extent-table', 'partition-table']);
  expect(readAll(openToRead([cut]), '/kept')).toHaveLength(3 * MIB);
});

it('are one volume where a disk has several of its extents, and another volume beside them', () => {
  const bare = formatted({ sizes: [300 * MIB, 600 * MIB] });
  const volume = openToWrite(bare);
  volume.create('/f', { length: 500 * MIB, provisioning: 'zeroedthick' });
  volume.write('/f', 490 * MIB, pattern(2, 100_000));
  volume.close();
  const [other] = formatted({ generation: VMFS5, sizes: [300 * MIB] });
  const word = sequence(5);
  const uuid = (): string => makeUuid(SECONDS, [word(), word(), word()]);
  resignature([other], { uuid, random: word });
  const parts = [bare[1], other, bare[0]].map((content, index) => ({
    content,
    first: 128 + index * 700 * SECTORS,
    blocks: content.blocks,
  }));
  const whole = disk('disk', 2200 * SECTORS, undefined, 0);
  for (const { content, first } of parts) {
    for (const [at, bytes] of content.written()) {
      const blocks = Math.min(bytes.length / 512, content.blocks - at / 512);
      whole.write(first + at / 512, blocks, bytes);
    }
  }
  writeMbrTo(whole, parts);
  const found = openToRead([whole]);
  expect(found.core.volume.devices).toHaveLength(2);
  const back = new Uint8Array(100_000);
  found.read('/f', 490 * MIB, back);
  expect(Buffer.compare(back, pattern(2, 100_000))).toBe(0);
  expect(checkVolume([whole]).findings.list).toEqual([]);
  const writer = openToWrite([whole]);
  writer.write('/f', 0, pattern(3, 50_000));
  writer.close();
  expect(checkVolume([whole]).findings.list).toEqual([]);
});
