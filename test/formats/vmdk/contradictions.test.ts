/**
 * Parts of a disk that contradict each other while each of them alone looks right: found by `check`, and
 * nothing is said of disks as they are written (layouts: reference `vmdk-formats.md`, sections 2 to 10).
 */
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { FindingKind } from '../../../src/engine/formats/vmdk/check/findings.js';
import { requireSound } from '../../../src/engine/formats/vmdk/check/sound.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import { countData } from '../../../src/engine/formats/vmdk/extent.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { contentOf, MemoryFolder, rawDisk, write } from './model.js';

const MIB = 1 << 20;

/** Two tables' worth of disk; both have grains. */
const SIZE = 40 * MIB;

interface Opened {
  readonly folder: MemoryFolder;
  readonly bytes: Buffer;
  readonly u32: (at: number) => number;
  readonly put: (at: number, value: number) => void;
  /** Byte offsets of the directory, its copy, the first table, its copy, the first grain. */
  readonly directory: number;
  readonly copy: number;
  readonly table: number;
  readonly tableCopy: number;
  readonly grain: number;
}

const WRITTEN = new Map<string, ReadonlyMap<string, Uint8Array>>();

/** Files of the disk in a format. */
function written(format: string): ReadonlyMap<string, Uint8Array> {
  const known = WRITTEN.get(format);
  if (known !== undefined) return known;
  const folder = new MemoryFolder();
  const raw = new Uint8Array(SIZE);
  raw.set(rawDisk(MIB));
  raw.fill(5, 36 * MIB, 37 * MIB);
  write(folder, 'd.vmdk', format, raw);
  const files = new Map([...folder.files].map(([name, file]) => [name, file.content()]));
  WRITTEN.set(format, files);
  return files;
}

function disk(format: string, file = 'd.vmdk', at?: number): Opened {
  const folder = new MemoryFolder();
  for (const [name, content] of written(format)) folder.put(name, content);
  const bytes = Buffer.from(folder.open(file).content());
  const u32 = (offset: number): number => bytes.readUInt32LE(offset);
  const head = format === 'streamOptimized' ? bytes.length - 1024 : 0;
  const directory = at ?? u32(head + 56) * 512;
  const copy = at === undefined ? u32(48) * 512 : 0;
  const table = u32(directory) * 512;
  return {
    folder,
    bytes,
    u32,
    put: (offset, value) => void bytes.writeUInt32LE(value, offset),
    directory,
    copy,
    table,
    tableCopy: copy === 0 ? 0 : u32(copy) * 512,
    grain: u32(table) * 512,
  };
}

function kinds({ folder, bytes }: Opened, file = 'd.vmdk'): FindingKind[] {
  folder.put(file, bytes);
  return folder
    .check('d.vmdk')
    .findings.totals()
    .map(([kind]) => kind);
}

type Damage = (one: Opened) => void;

describe('a sparse disk', () => {
  it.each<[string, FindingKind, Damage]>([
    ['two entries, one table', 'overlap', (d) => d.put(d.directory + 4, d.table / 512)],
    ['its copy names the first table', 'overlap', (d) => d.put(d.copy, d.table / 512)],
    ['a table over the directory', 'overlap', (d) => d.put(d.directory, d.directory / 512)],
    ['a table over the header', 'overlap', (d) => d.put(d.directory, 0)],
    ['a copy that is nowhere', 'header', (d) => d.put(48, 0)],
    ['compression without its flag', 'header', (d) => d.bytes.writeUInt16LE(1, 77)],
    ['grains from sector 0 on', 'header', (d) => d.put(64, 0)],
    ['a grain in a table', 'metadata', (d) => d.put(d.table, d.tableCopy / 512)],
    // Table 1 of 40 MiB has 128 of 512 grains.
    ['a grain behind the end', 'behind', (d) => d.put(d.u32(d.directory + 4) * 512 + 800, 128)],
  ])('%s: %s', (_, kind, damage) => {
    const one = disk('monolithicSparse');
    expect(kinds(one)).toEqual([]);
    damage(one);
    // An entry of 0 is no table at all.
    const expected = one.u32(one.directory) === 0 ? 'directory' : kind;
    expect(kinds(one)).toContain(expected);
  });

  // Reference, section 17, idea 3.
  it('reads the copy of a table that names what is not there, and tells both', () => {
    const one = disk('monolithicSparse');
    const whole = contentOf(openDisk(one.folder, 'd.vmdk', zlibCodec));
    one.put(one.table, 0x7fffff80);
    expect(kinds(one)).toEqual(expect.arrayContaining(['redundant', 'outside']));
    const again = contentOf(openDisk(one.folder, 'd.vmdk', zlibCodec));
    expect(Buffer.from(again).equals(whole)).toBe(true);
  });

  it('with a few bytes behind its last grain', () => {
    const one = disk('monolithicSparse');
    const longer = { ...one, bytes: Buffer.concat([one.bytes, Buffer.from('more')]) };
    expect(kinds(longer)).toEqual(['lost']);
  });

  it('may count the last grain whole in its header, and nothing more', () => {
    const folder = new MemoryFolder();
    write(folder, 'd.vmdk', 'monolithicSparse', rawDisk(MIB + 512));
    const bytes = Buffer.from(folder.open('d.vmdk').content());
    bytes.writeUInt32LE(2048 + 128, 12);
    folder.put('d.vmdk', bytes);
    expect(folder.check('d.vmdk').findings.list).toMatchObject([{ kind: 'rounded' }]);
    expect(openDisk(folder, 'd.vmdk', zlibCodec).sectors).toBe(2049);
    bytes.writeUInt32LE(2048 + 256, 12);
    folder.put('d.vmdk', bytes);
    expect(() => openDisk(folder, 'd.vmdk', zlibCodec)).toThrow('the descriptor says 2049');
  });

  it('is not walked through when its tables name the same grain a million times', () => {
    const one = disk('monolithicSparse');
    for (let entry = 0; entry < 512; entry++) {
      for (const table of [one.table, one.tableCopy]) one.put(table + entry * 4, one.grain / 512);
    }
    one.folder.put('d.vmdk', one.bytes);
    const { extents } = openDisk(one.folder, 'd.vmdk', zlibCodec).links[0];
    const [extent] = extents;
    expect(countData(extent, 100)).toBeLessThan(countData(extent));
    expect(() => requireSound(openDisk(one.folder, 'd.vmdk', zlibCodec))).toThrow('are one grain');
  });
});

describe('a stream', () => {
  const footer = (d: Opened): number => d.bytes.length - 1024;
  it.each<[string, FindingKind, Damage]>([
    ['table marker', 'marker', (d) => d.put(d.table - 512 + 12, 7)],
    ['length in a table marker', 'marker', (d) => d.put(d.table - 512, 9)],
    ['directory marker', 'marker', (d) => d.put(d.directory - 512 + 12, 1)],
    ['length in the footer marker', 'marker', (d) => d.put(footer(d) - 512, 2)],
    ['directory entry lost', 'lost-record', (d) => d.put(d.directory, 0)],
    ['table entry lost', 'lost-record', (d) => d.put(d.table, 0)],
    ['version of the footer', 'header', (d) => d.put(footer(d) + 4, 1)],
    ['compression of the footer', 'unreadable', (d) => d.put(footer(d) + 8, 1)],
    ['no markers', 'unreadable', (d) => d.put(8, 0x10001)],
  ])('%s: %s', (_, kind, damage) => {
    const one = disk('streamOptimized');
    expect(kinds(one)).toEqual([]);
    damage(one);
    expect(kinds(one)).toContain(kind);
  });

  it('with a grain that is shorter or longer than it has to be', () => {
    for (const length of [100, 65537]) {
      const one = disk('streamOptimized');
      const packed = deflateSync(Buffer.alloc(length, 1));
      one.put(one.grain + 8, packed.length);
      packed.copy(one.bytes, one.grain + 12);
      expect(kinds(one)).toContain('compressed');
    }
  });
});

describe('redo logs', () => {
  const cowd = 'd-delta.vmdk';
  const se = 'd-sesparse.vmdk';
  // Directories: COWD at sector 4; seSparse where its header says, at byte 128.
  it.each<[string, string, FindingKind, Damage]>([
    ['vmfsSparse', 'cursor in front of data', 'cursor', (d) => d.put(28, 100)],
    ['vmfsSparse', 'two entries, one table', 'overlap', (d) => d.put(2052, d.u32(2048))],
    ['vmfsSparse', 'a grain in a table', 'metadata', (d) => d.put(d.table, d.table / 512)],
    ['vmfsSparse', 'directory entry lost', 'lost', (d) => d.put(2048, 0)],
    ['vmfsSparse', 'table entry lost', 'lost', (d) => d.put(d.table, 0)],
    ['seSparse', 'reserved field', 'header', (d) => d.put(48, 1)],
    ['seSparse', 'what is behind the fields', 'header', (d) => d.put(300, 1)],
    ['seSparse', 'volatile header', 'header', (d) => d.put(512 + 100, 1)],
    ['seSparse', 'tables over the bitmap', 'overlap', (d) => d.put(144, d.u32(160))],
    ['seSparse', 'two entries, one table', 'overlap', (d) => d.put(d.directory + 16, 0)],
    ['seSparse', 'a table there is no room for', 'directory', (d) => d.put(d.directory, 1000)],
    ['seSparse', 'next table is in use', 'cursor', (d) => d.put(512 + 8, 0)],
    ['seSparse', 'no room for grains', 'header', (d) => d.put(200, 0)],
    [
      'seSparse',
      'directory entry lost',
      'lost',
      (d) => d.bytes.fill(0, d.directory, d.directory + 8),
    ],
    ['seSparse', 'table entry lost', 'lost', (d) => d.bytes.fill(0, d.table, d.table + 8)],
  ])('%s, %s: %s', (format, _, kind, damage) => {
    const file = format === 'seSparse' ? se : cowd;
    const one = disk(format, file, format === 'seSparse' ? 4096 * 512 : 2048);
    const at = one.u32(144) * 512;
    const opened = format === 'seSparse' ? { ...one, table: at } : one;
    expect(kinds(opened, file)).toEqual([]);
    damage(opened);
    expect(kinds(opened, file)).toContain(kind);
  });
});

describe('a descriptor', () => {
  function changed(format: string, from: string | RegExp, to: string): FindingKind[] {
    const folder = new MemoryFolder();
    write(folder, 'd.vmdk', format, rawDisk(MIB));
    expect(folder.check('d.vmdk').findings.list).toEqual([]);
    const text = folder.text('d.vmdk');
    const other = text.replace(from, to);
    expect(other).not.toBe(text);
    folder.put('d.vmdk', other);
    return folder
      .check('d.vmdk')
      .findings.totals()
      .map(([kind]) => kind);
  }

  it.each<[string, string, string | RegExp, string, FindingKind]>([
    ['another type', '2gbsparse', 'twoGbMaxExtentSparse', 'vmfs', 'extent-type'],
    ['another kind of extent', '2gbsparse', 'SPARSE', 'VMFSSPARSE', 'extent-type'],
    ['compressed, it says', '2gbsparse', 'twoGbMaxExtentSparse', 'streamOptimized', 'extent-type'],
    ['an extent twice', '2gbsparse', /(RW .*\n)/, '$1$1', 'extent-twice'],
    ['a flat extent twice', 'thin', /(RW .*\n)/, '$1$1', 'extent-twice'],
    ['more cylinders than sectors', 'thin', 'cylinders = "1"', 'cylinders = "4"', 'database'],
    ['no title', 'thin', '# Disk DescriptorFile\n', '', 'incomplete'],
    ['no parent id', 'thin', 'parentCID=ffffffff\n', '', 'incomplete'],
    ['no content id', 'thin', /^CID=.*\n/m, '', 'incomplete'],
    ['cut short', 'thin', /"\d+"\n$/, '', 'line'],
    ['a parent without its id', 'thin', 'createType', 'parentFileNameHint="p"\ncreateType', 'hint'],
    ['an adapter nobody knows', 'thin', 'lsilogic', 'scsi', 'database'],
    ['no heads', 'thin', 'heads = "64"', 'heads = "0"', 'database'],
    ['a uuid that is too short', 'thin', 'uuid = "60 00', 'uuid = "60', 'database'],
    [
      'a lost file of changed blocks',
      'thin',
      '# Extent',
      'changeTrackPath="c"\n# Extent',
      'tracking',
    ],
    ['no access', 'thin', 'RW ', 'NOACCESS ', 'no-access'],
  ])('%s', (_, format, from, to, kind) => {
    expect(changed(format, from, to)).toContain(kind);
  });

  it('has its check look once at an extent it names many times', () => {
    const folder = new MemoryFolder();
    write(folder, 'd.vmdk', '2gbsparse', rawDisk(MIB));
    const text = folder.text('d.vmdk');
    folder.put('d.vmdk', text.replace(/(RW .*\n)/, '$1'.repeat(100)));
    const { findings, files } = folder.check('d.vmdk');
    expect(findings.count('extent-twice')).toBe(99);
    expect(files).toBe(2);
  });

  it('may name parts of one flat file, and a file by its old name', () => {
    const folder = new MemoryFolder();
    const head =
      '# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType="twoGbMaxExtentFlat"\n';
    folder.put('d.vmdk', `${head}RW 8 FLAT "x.img" 8\nRW 8 FLAT "x.img" 0\n`);
    folder.put('x.img', new Uint8Array(16 * 512));
    expect(folder.check('d.vmdk').findings.list).toEqual([]);
    folder.put('x.img', new Uint8Array(17 * 512));
    expect(folder.check('d.vmdk').findings.list).toMatchObject([{ kind: 'file-long' }]);
    write(folder, 'old.vmdk', 'monolithicSparse', rawDisk(MIB));
    folder.put('new.vmdk', folder.open('old.vmdk').content());
    expect(folder.check('new.vmdk').findings.list).toMatchObject([{ kind: 'renamed' }]);
  });
});
