/** Damage that would make a copy wrong without anybody noticing: such a disk is refused. */
import { describe, expect, it } from 'vitest';
import type { FindingKind } from '../../../src/engine/formats/vmdk/check/findings.js';
import { requireSound } from '../../../src/engine/formats/vmdk/check/sound.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { child } from './chains.js';
import { contentOf, MemoryFolder, rawDisk, write } from './model.js';

const RAW = rawDisk((33 << 20) + 512);

/** A disk, one file of which is damaged by its 32-bit words. */
class Patient {
  readonly folder = new MemoryFolder();
  private bytes: Buffer;

  constructor(
    format: string,
    private readonly file = 'd.vmdk',
  ) {
    write(this.folder, 'd.vmdk', format, RAW);
    this.bytes = Buffer.from(this.folder.open(file).content());
  }

  word(at: number): number {
    return this.bytes.readUInt32LE(at);
  }

  put(at: number, value: number): void {
    this.bytes.writeUInt32LE(value, at);
    this.folder.put(this.file, this.bytes);
  }

  /** Byte offset of the first table, of the directory at a place in the header. */
  table(field: number): number {
    return this.word(this.word(field) * 512) * 512;
  }

  /** Puts zeros behind. @returns the sector they begin at */
  lengthen(sectors: number): number {
    const end = this.bytes.length / 512;
    this.bytes = Buffer.concat([this.bytes, Buffer.alloc(sectors * 512)]);
    return end;
  }

  copy(): Uint8Array {
    const disk = openDisk(this.folder, 'd.vmdk', zlibCodec);
    requireSound(disk);
    return contentOf(disk);
  }

  kinds(): FindingKind[] {
    const { findings } = this.folder.check('d.vmdk');
    return findings.totals().map(([kind]) => kind);
  }
}

const [FIRST, COPY] = [56, 48];
const same = (one: Uint8Array): boolean => Buffer.compare(one, RAW) === 0;

describe('two copies of a table', () => {
  it.each([FIRST, COPY])('give together what one has lost (header field %i)', (field) => {
    for (const lost of [0, 4, 0x7fffff80]) {
      const disk = new Patient('monolithicSparse');
      disk.put(disk.table(field), lost);
      expect(disk.kinds()).toContain('redundant');
      expect(same(disk.copy())).toBe(true);
    }
  });

  it('that name different places of one grain are not chosen from', () => {
    const disk = new Patient('monolithicSparse');
    const table = disk.table(FIRST);
    disk.put(table, disk.word(table) + 128);
    expect(() => disk.copy()).toThrow('two copies of a table place grain 0');
    expect(disk.kinds()).toContain('redundant');
  });

  it('of a stream differ also where one directory has none', () => {
    const disk = new Patient('monolithicSparse');
    disk.put(disk.word(FIRST) * 512, 0);
    expect(disk.kinds()).toContain('directory');
    expect(same(disk.copy())).toBe(true);
  });
});

describe('what is refused', () => {
  it.each<[string, string, string | undefined, (disk: Patient) => void]>([
    ['two entries, one grain', 'are one grain', 'd-s001.vmdk', shareGrain],
    [
      'two tables in one place',
      'over something else',
      'd-s001.vmdk',
      (d) => [FIRST, COPY].forEach((f) => void d.put(d.word(f) * 512 + 4, d.table(f) / 512)),
    ],
  ])('2gbsparse: %s', (_, words, file, damage) => {
    const disk = new Patient('2gbsparse', file);
    expect(same(disk.copy())).toBe(true);
    damage(disk);
    expect(() => disk.copy()).toThrow(words);
  });

  // Two empty tables say the same: only their place tells that they are none.
  it('2gbsparse: both directories name nothing among the grains', () => {
    const disk = new Patient('2gbsparse', 'd-s001.vmdk');
    const end = disk.lengthen(256);
    for (const field of [FIRST, COPY]) disk.put(disk.word(field) * 512, end + field);
    expect(disk.kinds()).toEqual(expect.arrayContaining(['directory', 'lost']));
    expect(() => disk.copy()).toThrow('a directory entry names no table');
  });

  it.each<[string, FindingKind, (disk: Patient) => void]>([
    ['an entry lost', 'lost-record', (d) => d.put(tableOf(d), 0)],
    ['a grain of another place', 'compressed', (d) => d.put(d.word(tableOf(d)) * 512, 128)],
  ])('streamOptimized: %s', (_, kind, damage) => {
    const disk = new Patient('streamOptimized');
    expect(same(disk.copy())).toBe(true);
    damage(disk);
    expect(disk.kinds()).toContain(kind);
    expect(() => disk.copy()).toThrow('a copy would have wrong data');
  });

  it.each<[string, FindingKind, (disk: Patient) => void]>([
    ['two entries, one grain', 'shared', (d) => d.put(d.table(20) + 4, d.word(d.table(20)))],
    ['a grain in the header', 'metadata', (d) => d.put(d.table(20), 1)],
    ['a directory of zeros', 'directory', clearDirectory],
  ])('vmfsSparse: %s', (_, kind, damage) => {
    const disk = new Patient('vmfsSparse', 'd-delta.vmdk');
    expect(same(disk.copy())).toBe(true);
    damage(disk);
    expect(disk.kinds()).toContain(kind);
    expect(() => disk.copy()).toThrow('a copy would have wrong data');
  });

  it('a child that is none by its content id, and names a parent', () => {
    const folder = new MemoryFolder();
    write(folder, 'p.vmdk', 'thin', RAW);
    child(folder, 'p.vmdk', 'd.vmdk', 'seSparse');
    folder.put('d.vmdk', folder.text('d.vmdk').replace(/parentCID=\w+/, 'parentCID=ffffffff'));
    const disk = openDisk(folder, 'd.vmdk', zlibCodec);
    expect(() => requireSound(disk)).toThrow('a parent is named');
  });
});

it('says what else is to be known before a copy', () => {
  const folder = new MemoryFolder();
  write(folder, 'd.vmdk', 'thin', RAW);
  folder.open('d-flat.vmdk').resize(RAW.length + 512);
  expect(requireSound(openDisk(folder, 'd.vmdk', zlibCodec))).toEqual([
    'd-flat.vmdk: a flat extent is longer than the descriptor says: 512 bytes more, which are left out',
  ]);
});

// The sample of ESXi has a bit for each grain in use, and their owners in the back map.
it('seSparse: tells a lost entry by the back map', () => {
  const disk = new Patient('seSparse', 'd-sesparse.vmdk');
  expect(disk.kinds()).toEqual([]);
  const table = disk.word(144) * 512;
  disk.put(table, 0);
  disk.put(table + 4, 0);
  expect(disk.kinds()).toEqual(['lost']);
});

// A guest that gives a block back leaves its grain to nobody (qemu does so with zeroed_grain=on).
it('takes no alarm at grains for which a table says zeros', () => {
  const disk = new Patient('monolithicSparse');
  disk.put(8, disk.word(8) | 4);
  for (const field of [FIRST, COPY]) disk.put(disk.table(field), 1);
  expect(disk.kinds()).toEqual(['unnamed']);
});

it('tells fields of headers that nobody writes so, and a length that is too long', () => {
  const stream = new Patient('streamOptimized');
  const grain = stream.word(tableOf(stream)) * 512;
  stream.put(grain + 8, stream.word(grain + 8) + 1);
  expect(stream.kinds()).toEqual(['packed-length']);
  expect(same(stream.copy())).toBe(true);
  const redo = new Patient('vmfsSparse', 'd-delta.vmdk');
  redo.put(8, 7);
  expect(redo.kinds()).toEqual(['odd']);
  const sparse = new Patient('seSparse', 'd-sesparse.vmdk');
  sparse.put(184 + 4, 1);
  expect(sparse.kinds()).toContain('header');
});

function shareGrain(disk: Patient): void {
  const grain = disk.word(disk.table(FIRST));
  for (const field of [FIRST, COPY]) disk.put(disk.table(field) + 4, grain);
}

function clearDirectory(disk: Patient): void {
  for (let table = 0; table < disk.word(24); table++) disk.put(2048 + table * 4, 0);
}

/** Byte offset of the first table of a stream, whose footer is in front of its last sector. */
function tableOf(disk: Patient): number {
  const footer = disk.folder.open('d.vmdk').bytes - 1024;
  return disk.word(disk.word(footer + FIRST) * 512) * 512;
}
