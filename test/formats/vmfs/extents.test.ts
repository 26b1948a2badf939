/** Where LVM puts the physical extents of a device, and how a volume is read from any other order. */
import { describe, expect, it } from 'vitest';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import {
  type Generation,
  VMFS3,
  VMFS5,
  VMFS6,
} from '../../../src/engine/formats/vmfs/generation.js';
import { LogicalVolume } from '../../../src/engine/formats/vmfs/logical-volume.js';
import { growLvm } from '../../../src/engine/formats/vmfs/lvm-change.js';
import { formatLvm } from '../../../src/engine/formats/vmfs/lvm-format.js';
import { resignature } from '../../../src/engine/formats/vmfs/resignature.js';
import { makeUuid } from '../../../src/engine/formats/vmfs/uuid.js';
import { MemoryImage } from '../../../src/input/image/memory-image.js';
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

const EXTENT = 256 * MIB;
const TIB = MIB * MIB;
/** Reference, section 3.1. */
const DATA_AT = 0x1100000;

function bytesOf(image: MemoryImage, at: number, length: number): DataView {
  const lba = Math.floor(at / 512);
  const blocks = Math.ceil((at + length) / 512) - lba;
  const bytes = new Uint8Array(blocks * 512);
  image.read(lba, blocks, bytes);
  return new DataView(bytes.buffer, at - lba * 512, length);
}

function patch(image: MemoryImage, at: number, change: (bytes: DataView) => void): void {
  const bytes = bytesOf(image, Math.floor(at / 512) * 512, 512);
  change(new DataView(bytes.buffer, at % 512));
  image.write(Math.floor(at / 512), 1, new Uint8Array(bytes.buffer));
}

function lvm(image: MemoryImage, major: number): LogicalVolume {
  const uuid = makeUuid(SECONDS, [1, 2, 3]);
  return formatLvm([image], { major, uuid, seconds: SECONDS, deviceUuids: [uuid] });
}

function larger(old: MemoryImage, bytes: number): MemoryImage {
  const grown = new MemoryImage(old.name, bytes / 512);
  for (const [at, content] of old.written()) {
    grown.write(at / 512, Math.min(content.length / 512, old.blocks - at / 512), content);
  }
  return grown;
}

/**
 * What the tests of dissect.vmfs expect of real devices of 64 TiB: 0x3ffff extents in all, three further
 * regions of tables on LVM 5 and none on LVM 6, which has four records; both lie in four runs that begin
 * each 16 TiB. The header and its tables take 16 MiB before the data (reference, section 3.1).
 */
describe.each([
  { major: 5, records: 0x3ffff, regions: 3 },
  { major: 6, records: 4, regions: 0 },
])('a device of 64 TiB with LVM $major', ({ major, records, regions }) => {
  const image = new MemoryImage('huge', (64 * TIB) / 512);
  const volume = lvm(image, major);

  it('has its extents where real ones have them', () => {
    const header = bytesOf(image, 0x100000, 512);
    expect(header.getUint32(0x6a, true)).toBe(records);
    expect(volume.bytes).toBe(64 * TIB - EXTENT);
    expect(volume.devices[0].table.problems).toEqual([]);
    expect(volume.devices[0].table.runs).toEqual(
      [0, 1, 2, 3].map((region) => ({
        logicalAt: region * 16 * TIB,
        physicalAt: DATA_AT + region * (16 * TIB + 16 * MIB),
        bytes: region === 3 ? 16 * TIB - EXTENT : 16 * TIB,
      })),
    );
    let count = 0;
    let next = Number(header.getBigUint64(0xc2, true));
    for (; next !== 0; count++) {
      const region = bytesOf(image, next, 24);
      expect(region.getUint32(0, true)).toBe(0xc001d00d);
      expect(region.getUint32(4, true)).toBe(8);
      // The first extent of the region, from the table that stands as far behind it as in the header.
      const record = bytesOf(image, next + 0x80600, 128);
      expect(record.getBigUint64(9, true)).toBe(region.getBigUint64(8, true));
      expect(record.getUint32(1, true)).toBe(65536 * (count + 1));
      next = Number(region.getBigUint64(16, true));
    }
    expect(count).toBe(regions);
  });

  it('keeps what is written across the gaps', () => {
    const content = pattern(1, 2 * MIB);
    for (const at of [16 * TIB - MIB, 32 * TIB - MIB, 48 * TIB - MIB]) {
      volume.write(at, content);
      const back = new Uint8Array(content.length);
      LogicalVolume.open([image]).read(at, back);
      expect(Buffer.compare(back, content)).toBe(0);
    }
    const start = bytesOf(image, DATA_AT + 16 * TIB + 16 * MIB, MIB);
    expect(Buffer.compare(new Uint8Array(start.buffer), content.subarray(MIB))).toBe(0);
    expect(LogicalVolume.open([image]).devices[0].table.problems).toEqual([]);
  });
});

it.each([VMFS5, VMFS6])('$name grows beyond 16 TiB with its files', (generation) => {
  const [small] = formatted({ generation, sizes: [600 * MIB] });
  const writer = openToWrite([small]);
  writer.create('/kept');
  writer.write('/kept', 0, pattern(2, 3 * MIB));
  writer.close();
  const image = larger(small, 16 * TIB + 600 * MIB);
  const grown = growLvm(LogicalVolume.open([image]), SECONDS);
  expect(grown.bytes).toBe(16 * TIB + 2 * EXTENT);
  expect(grown.devices[0].table.problems).toEqual([]);
  expect(grown.devices[0].table.runs.map(({ bytes }) => bytes)).toEqual([16 * TIB, 2 * EXTENT]);
  expect(checkVolume([image]).findings.list).toEqual([]);
  expect(Buffer.compare(readAll(openToRead([image]), '/kept'), pattern(2, 3 * MIB))).toBe(0);
});

/**
 * The device of a volume of three extents with a free one among them, in another order: extents 0, 1 and 2
 * at the third, the first and the fourth place.
 */
function shuffled(generation: Generation): MemoryImage {
  const [plain] = formatted({ generation, sizes: [800 * MIB] });
  const writer = openToWrite([plain]);
  writer.create('/kept');
  writer.write('/kept', 0, pattern(3, 5 * MIB));
  writer.close();
  const image = new MemoryImage('shuffled', (1100 * MIB) / 512);
  const places = [2, 0, 3];
  for (const [at, content] of plain.written()) {
    for (let part = 0; part < content.length; part += MIB) {
      const from = at + part;
      const extent = Math.floor((from - DATA_AT) / EXTENT);
      if (from + MIB > plain.blocks * 512 || extent > 2) continue;
      const to = from < DATA_AT ? from : from + ((places[extent] ?? 0) - extent) * EXTENT;
      image.write(to / 512, MIB / 512, content.subarray(part));
    }
  }
  const six = generation.product === 6;
  patch(image, 0x10006a, (header) => {
    header.setUint32(0, 4, true);
    header.setUint32(4, 3, true);
  });
  patch(image, six ? 0x181000 : 0x180200, (bitmap) => bitmap.setUint8(0, 0b1101));
  patch(image, six ? 0x182000 : 0x180600, (records) => {
    for (let id = 0; id < 4; id++) {
      const at = id * 128;
      const logical = places.indexOf(id);
      records.setUint8(at, logical < 0 ? 0 : 1);
      records.setUint32(at + 1, id, true);
      records.setBigUint64(at + 0x09, BigInt(DATA_AT + id * EXTENT), true);
      records.setBigUint64(at + 0x11, BigInt(Math.max(0, logical) * EXTENT), true);
      records.setBigUint64(at + 0x19, BigInt(EXTENT), true);
    }
  });
  return image;
}

describe.each([VMFS3, VMFS5, VMFS6])('$name with extents in another order', (generation) => {
  it('is read, written, resignatured and found sound', () => {
    const image = shuffled(generation);
    expect(checkVolume([image]).findings.list).toEqual([]);
    expect(Buffer.compare(readAll(openToRead([image]), '/kept'), pattern(3, 5 * MIB))).toBe(0);
    const writer = openToWrite([image]);
    writer.create('/wide', { length: 400 * MIB, provisioning: 'zeroedthick' });
    writer.write('/wide', 300 * MIB, pattern(4, 2 * MIB));
    writer.close();
    const word = sequence(8);
    const label = resignature([image], {
      uuid: () => makeUuid(SECONDS, [word(), word(), word()]),
      random: () => 7,
    });
    const again = openToRead([image]);
    expect(again.core.superblock.label).toBe(label);
    const back = new Uint8Array(2 * MIB);
    again.read('/wide', 300 * MIB, back);
    expect(Buffer.compare(back, pattern(4, 2 * MIB))).toBe(0);
    expect(checkVolume([image]).findings.list).toEqual([]);
    expect(() => growLvm(LogicalVolume.open([larger(image, 2 * TIB)]), SECONDS)).toThrow(
      'not all of one volume and in its order',
    );
  });
});

it('is read as far as the table goes when that is damaged', () => {
  const [image] = formatted({ sizes: [1400 * MIB] });
  const problems = (): string => {
    const { list } = checkVolume([image]).findings;
    const told = list.filter(({ kind }) => kind === 'extent-table');
    return told.map(({ detail }) => detail).join('\n');
  };
  const RECORD = 0x180600 + 2 * 128;
  // Reference, section 3.4. The second one claims the place of the first; the third is for another volume.
  patch(image, RECORD + 9, (record) => record.setBigUint64(0, BigInt(DATA_AT), true));
  expect(problems()).toContain('two records claim');
  expect(problems()).toContain('no record for extents 2 to 2 of the volume');
  const runs = LogicalVolume.open([image]).devices[0].table.runs;
  expect(runs).toEqual([{ logicalAt: 0, physicalAt: DATA_AT, bytes: 5 * EXTENT }]);
  patch(image, RECORD + 9, (record) => record.setBigUint64(0, 1n << 60n, true));
  expect(problems()).toContain('record 2: 268435456 bytes at');
  patch(image, RECORD + 5, (record) => record.setUint32(0, 9, true));
  expect(problems()).toBe('no record for extents 2 to 2 of the volume');
  patch(image, RECORD, (record) => record.setUint8(0, 0));
  expect(problems()).toContain('extent 2 is marked in use, its record says it is free');
  // Fewer tables than records: those that are there count.
  patch(image, 0x10006a, (header) => header.setUint32(0, 0xffffffff, true));
  expect(problems()).toMatch(/records less than the header counts/);
});

it('does not follow regions of tables in a circle', () => {
  const image = new MemoryImage('circle', (17 * TIB) / 512);
  lvm(image, 5);
  const next = Number(bytesOf(image, 0x1000c2, 8).getBigUint64(0, true));
  patch(image, next, (region) => {
    region.setUint32(4, 1, true);
    region.setBigUint64(16, BigInt(next), true);
  });
  patch(image, 0x10006a, (header) => header.setUint32(0, 0xffffffff, true));
  const { problems } = LogicalVolume.open([image]).devices[0].table;
  expect(problems.join('\n')).toContain('records less than the header counts');
  expect(problems.length).toBeLessThan(60);
});

it('reads LVM 4, which is laid out as LVM 3 (dissect.vmfs)', () => {
  const [image] = formatted({ generation: VMFS3, sizes: [600 * MIB] });
  patch(image, 0x100004, (header) => header.setUint32(0, 4, true));
  const writer = openToWrite([image]);
  writer.create('/file');
  writer.write('/file', 0, pattern(5, MIB));
  writer.close();
  expect(Buffer.compare(readAll(openToRead([image]), '/file'), pattern(5, MIB))).toBe(0);
  expect(checkVolume([image]).findings.list).toEqual([]);
  patch(image, 0x100004, (header) => header.setUint32(0, 7, true));
  expect(() => openToRead([image])).toThrow('LVM version 7, expected 3 to 6');
});

it('grows a VMFS 6 device whose extents have several records, also when that was cut off', () => {
  const [small] = formatted({ generation: VMFS6, sizes: [1300 * MIB] });
  const writer = openToWrite([small]);
  writer.create('/kept');
  writer.write('/kept', 0, pattern(6, 3 * MIB));
  writer.close();
  // As after a growth by a host: extents 0 to 2 have a record, 3 and 4 another one.
  patch(small, 0x10006a, (header) => {
    header.setUint32(0, 2, true);
    header.setUint32(4, 1, true);
  });
  patch(small, 0x181000, (bitmap) => bitmap.setUint8(0, 3));
  patch(small, 0x182000, (records) => {
    records.setBigUint64(0x19, BigInt(3 * EXTENT), true);
    records.setUint8(0x80, 1);
    records.setUint32(0x81, 1, true);
    records.setBigUint64(0x89, BigInt(DATA_AT + 3 * EXTENT), true);
    records.setBigUint64(0x91, BigInt(3 * EXTENT), true);
    records.setBigUint64(0x99, BigInt(2 * EXTENT), true);
  });
  expect(checkVolume([small]).findings.list).toEqual([]);
  for (const cut of [false, true]) {
    const image = larger(small, 3000 * MIB);
    // The table comes before the header: the first record has all extents by then.
    if (cut) {
      patch(image, 0x182000, (records) => {
        records.setBigUint64(0x19, BigInt(11 * EXTENT), true);
      });
    }
    const grown = growLvm(LogicalVolume.openInterrupted([image]), SECONDS);
    expect(grown.bytes).toBe(11 * EXTENT);
    expect(bytesOf(image, 0x10006a, 4).getUint32(0, true)).toBe(1);
    expect(checkVolume([image]).findings.list).toEqual([]);
    expect(Buffer.compare(readAll(openToRead([image]), '/kept'), pattern(6, 3 * MIB))).toBe(0);
  }
});
