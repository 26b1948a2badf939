/** Damaged and hostile disks: only clear errors, in bounded time and memory. */
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, InputError } from '../../../src/engine/core/errors.js';
import { requireSound } from '../../../src/engine/formats/vmdk/check/sound.js';
import { DeltaWriter } from '../../../src/engine/formats/vmdk/delta-writer.js';
import { Descriptor } from '../../../src/engine/formats/vmdk/descriptor.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import { Run } from '../../../src/engine/formats/vmdk/extent.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { MemoryFolder, rawDisk, write } from './model.js';

/** Errors are those for people; anything else is a bug. */
function attempt(use: () => void): void {
  try {
    use();
  } catch (error) {
    if (error instanceof FormatError || error instanceof InputError) return;
    throw error;
  }
}

/** Everything a person can ask of a disk that may be damaged. */
function exercise(folder: MemoryFolder): void {
  folder.check('d.vmdk');
  attempt(() => {
    const disk = openDisk(folder, 'd.vmdk', zlibCodec);
    const run = new Run();
    const buffer = new Uint8Array(1 << 16);
    let walked = 0;
    for (let at = 0; at < disk.sectors && walked < 2000; at += run.sectors, walked++) {
      disk.probe(at, Math.min(128, disk.sectors - at), run);
      expect(run.sectors).toBeGreaterThan(0);
      attempt(() => disk.read(at, run.sectors, buffer, 0));
    }
    requireSound(disk);
  });
  const before = [...folder.files.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  attempt(() => {
    const writer = new DeltaWriter(folder, 'd.vmdk', zlibCodec, () => 7);
    for (const at of [0, 9, 2047]) {
      if (at + 2 <= writer.sectors) attempt(() => writer.write(at, new Uint8Array(1024).fill(1)));
    }
    writer.close();
  });
  const after = [...folder.files.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  // Three writes of at most two grains of 1 MiB, with their tables.
  expect(after - before).toBeLessThan(8 << 20);
}

/** Values that sizes and offsets like least. */
const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
  fc.nat(0xffffffff),
);

const VICTIMS: readonly (readonly [format: string, file: string, ranges: [number, number][]])[] = [
  [
    'monolithicSparse',
    'd.vmdk',
    [
      [0, 80],
      [0x200, 600],
      [21 * 512, 64],
      [22 * 512, 128],
    ],
  ],
  [
    'streamOptimized',
    'd.vmdk',
    [
      [0, 80],
      [65536, 64],
      [-4096, 4096],
    ],
  ],
  [
    '2gbsparse',
    'd-s001.vmdk',
    [
      [0, 80],
      [512, 16],
      [1024, 128],
    ],
  ],
  [
    'vmfsSparse',
    'd-delta.vmdk',
    [
      [0, 64],
      [2048, 16],
      [2560, 256],
      [1648, 4],
    ],
  ],
  [
    'seSparse',
    'd-sesparse.vmdk',
    [
      [0, 512],
      [512, 40],
      [4096 * 512, 16],
      [6144 * 512, 256],
    ],
  ],
];

describe.each(VICTIMS)('%s', (format, file, ranges) => {
  const whole = new MemoryFolder();
  write(whole, 'd.vmdk', format, rawDisk(1 << 20));

  function copy(): MemoryFolder {
    const folder = new MemoryFolder();
    for (const [name, { bytes }] of whole.files) {
      const into = folder.put(name, bytes < 16 << 20 ? whole.open(name).content() : undefined);
      into.resize(bytes);
    }
    return folder;
  }

  it('with wrong numbers in it is read and checked with clear errors only', () => {
    const hit = fc.tuple(fc.nat(), fc.nat(), word);
    fc.assert(
      fc.property(fc.array(hit, { minLength: 1, maxLength: 4 }), (hits) => {
        const folder = copy();
        const target = folder.open(file);
        for (const [which, place, value] of hits) {
          const [from, length] = ranges[which % ranges.length];
          const start = from < 0 ? target.bytes + from : from;
          const bytes = Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
          target.write(Math.min(start + (place % length), target.bytes - 4), bytes);
        }
        exercise(folder);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('cut short anywhere is refused or checked', () => {
    fc.assert(
      fc.property(fc.nat(), (place) => {
        const folder = copy();
        const target = folder.open(file);
        target.resize(place % target.bytes);
        exercise(folder);
      }),
      { numRuns: 20, seed: 2 },
    );
  });
});

describe('descriptors', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('RW 2048 VMFS "d-flat.vmdk"', 'RW 1 ZERO', 'CID=ffffffff', 'createType="vmfs"'),
    fc.constantFrom('RW 99999999999999 SPARSE "d"', 'RW -1 FLAT', 'RW 1 FLAT "x" 9e9', 'RW'),
    fc.constantFrom('parentCID=1', 'parentFileNameHint="d.vmdk"', 'version=9', '=', '"', '|'),
  );

  it('of any text are refused or kept', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 30 }),
        fc.constantFrom('\n', '\r\n'),
        (lines, end) => {
          const text = ['# Disk DescriptorFile', ...lines].join(end);
          attempt(() => expect(Descriptor.parse(text, 'd').format()).toBe(text));
          const folder = new MemoryFolder();
          folder.put('d.vmdk', text);
          exercise(folder);
        },
      ),
      { numRuns: 300, seed: 3 },
    );
  });

  it('of one long line, or thousands of extents, cost no more than their length', () => {
    for (const part of ['a ', '= ', ' \t', '"|', 'RW ', 'x=']) {
      const folder = new MemoryFolder();
      folder.put('d.vmdk', `# Disk DescriptorFile\nRW 1 ZERO\n${part.repeat(30_000)}`);
      exercise(folder);
    }
    const blanks = new MemoryFolder();
    const wide = `x=${' '.repeat(60_000)}z\n`;
    blanks.put('d.vmdk', `# Disk DescriptorFile\nRW 1 ZERO\n${wide}`);
    exercise(blanks);
    const folder = new MemoryFolder();
    folder.put('d.vmdk', `# Disk DescriptorFile\n${'RW 1 ZERO\n'.repeat(5000)}`);
    expect(() => openDisk(folder, 'd.vmdk', zlibCodec)).toThrow('at most 4096');
  });
});

describe('a file of 64 KB', () => {
  /** A stream whose only grain is named by every entry of its only table, and that by all directories. */
  function bomb(): MemoryFolder {
    const folder = new MemoryFolder();
    const bytes = new Uint8Array(65536);
    const view = new DataView(bytes.buffer);
    write(folder, 'd.vmdk', 'streamOptimized', new Uint8Array(0));
    const head = folder.open('d.vmdk').content();
    bytes.set(head.subarray(0, 21 * 512));
    // Directory at sector 21, table at 60, grain at 100; 4096 tables of 32 MiB.
    view.setUint32(56, 21, true);
    view.setUint32(60, 0, true);
    view.setUint32(12, 4096 * 65536, true);
    for (let index = 0; index < 4096; index++) view.setUint32(21 * 512 + index * 4, 60, true);
    for (let index = 0; index < 512; index++) view.setUint32(60 * 512 + index * 4, 100, true);
    const text = Buffer.from(bytes.subarray(512, 21 * 512)).toString('latin1');
    const changed = text.replace('RW 0 SPARSE', `RW ${4096 * 65536} SPARSE`);
    bytes.set(Buffer.from(changed.slice(0, text.length), 'latin1'), 512);
    const packed = deflateSync(new Uint8Array(65536).fill(1));
    view.setUint32(100 * 512 + 8, packed.length, true);
    bytes.set(packed, 100 * 512 + 12);
    folder.put('d.vmdk', bytes);
    return folder;
  }

  it('does not become a disk of terabytes', () => {
    const disk = openDisk(bomb(), 'd.vmdk', zlibCodec);
    expect(disk.sectors).toBe(4096 * 65536);
    expect(() => requireSound(disk)).toThrow('a copy would have wrong data');
  });

  it('does not inflate to more than a grain', () => {
    const packed = deflateSync(new Uint8Array(1 << 24));
    expect(() => zlibCodec.inflate(packed, 65536)).toThrow(FormatError);
    expect(() => zlibCodec.inflate(packed.subarray(0, 100), 1 << 24)).toThrow(FormatError);
  });

  it('costs less than 16 MB', () => {
    const folder = bomb();
    const before = process.memoryUsage().arrayBuffers;
    exercise(folder);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
  });
});
