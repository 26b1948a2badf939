/** Defects one at a time (reference `real-clients.md`, section 3): which of them `check` tells. */
import { describe, expect, it } from 'vitest';
import type { FindingKind } from '../../../src/engine/formats/vmdk/check/findings.js';
import { type MemoryFile, MemoryFolder, rawDisk, write } from './model.js';

const MIB = 1 << 20;

interface Image {
  readonly file: MemoryFile;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** Byte offset of the directory, its copy, their first tables; sector of the first grain. */
  readonly directory: number;
  readonly redundant: number;
  readonly table: number;
  readonly firstGrain: number;
}

function image(format: string): Image {
  const folder = new MemoryFolder();
  write(folder, 'd.vmdk', format, rawDisk(8 * MIB));
  const file = folder.open('d.vmdk');
  const bytes = file.content();
  const view = new DataView(bytes.buffer);
  const word = (at: number): number => view.getUint32(at, true);
  const head = format === 'streamOptimized' ? bytes.length - 1024 : 0;
  const directory = word(head + 56) * 512;
  const table = word(directory) * 512;
  return {
    file,
    view,
    bytes,
    directory,
    redundant: word(48) * 512,
    table,
    firstGrain: word(table),
  };
}

/** Kinds that are found after a change; the file may be cut or get longer. */
function found(of: Image, bytes = of.bytes): FindingKind[] {
  const folder = new MemoryFolder();
  folder.put('d.vmdk', bytes);
  return folder
    .check('d.vmdk')
    .findings.totals()
    .map(([kind]) => kind);
}

describe('a sparse disk', () => {
  const put = (at: (one: Image) => number, value: (one: Image) => number) => (one: Image) =>
    one.view.setUint32(at(one), value(one), true);

  it.each<[string, FindingKind, (one: Image) => void]>([
    [
      'magic',
      'unreadable',
      put(
        () => 0,
        () => 0x12345678,
      ),
    ],
    [
      'version 99',
      'unreadable',
      put(
        () => 4,
        () => 99,
      ),
    ],
    ['newline test', 'newline', (one) => one.view.setUint8(75, 10)],
    ['unclean', 'unclean', (one) => one.view.setUint8(72, 1)],
    [
      'grain beyond the end',
      'outside',
      put(
        ({ table }) => table,
        () => 0x7fffff80,
      ),
    ],
    [
      'two entries, one grain',
      'shared',
      put(
        ({ table }) => table + 4,
        (one) => one.firstGrain,
      ),
    ],
    [
      'grain in metadata',
      'metadata',
      put(
        ({ table }) => table,
        () => 4,
      ),
    ],
    [
      'unaligned grain',
      'unaligned',
      put(
        ({ table }) => table,
        (one) => one.firstGrain + 1,
      ),
    ],
    [
      'entry zeroed',
      'redundant',
      put(
        ({ table }) => table,
        () => 0,
      ),
    ],
    [
      'entry zeroed in both tables',
      'lost',
      (one) => {
        const copy = one.view.getUint32(one.redundant, true) * 512;
        for (const at of [one.table, copy]) one.view.setUint32(at, 0, true);
      },
    ],
    [
      'directory entry zeroed',
      'directory',
      put(
        ({ directory }) => directory,
        () => 0,
      ),
    ],
    [
      'directory entry outside',
      'directory',
      put(
        ({ directory }) => directory,
        () => 0x7fffff80,
      ),
    ],
    [
      'copy of the directory',
      'redundant',
      put(
        ({ redundant }) => redundant,
        () => 0,
      ),
    ],
    [
      'copy of a table',
      'redundant',
      put(
        ({ redundant }) => redundant + 512,
        () => 0,
      ),
    ],
    [
      'capacity',
      'capacity',
      put(
        () => 12,
        () => 16384 - 128,
      ),
    ],
    [
      'grain size 0',
      'unreadable',
      put(
        () => 20,
        () => 0,
      ),
    ],
    [
      'no entries in a table',
      'unreadable',
      put(
        () => 44,
        () => 0,
      ),
    ],
  ])('%s: %s', (_, kind, damage) => {
    const one = image('monolithicSparse');
    expect(found(one)).toEqual([]);
    damage(one);
    expect(found(one)).toContain(kind);
  });

  it('cut short or with something behind', () => {
    const one = image('monolithicSparse');
    expect(found(one, one.bytes.slice(0, -65536))).toContain('outside');
    expect(found(one, one.bytes.slice(0, -512))).toContain('outside');
    const longer = new Uint8Array(one.bytes.length + 65536);
    longer.set(one.bytes);
    expect(found(one, longer)).toEqual(['lost']);
  });

  it('with a descriptor that says something else', () => {
    const text = (from: string, to: string): FindingKind[] => {
      const one = image('monolithicSparse');
      const at = Buffer.from(one.bytes).indexOf(from);
      expect(at).toBeGreaterThan(0);
      one.bytes.set(Buffer.from(to), at);
      return found(one);
    };
    expect(text('RW 16384', 'RW 16385')).toEqual(['capacity']);
    expect(text('createType="mono', 'createType="nono')).toEqual(['create-type']);
    expect(text('CID=', 'CID=11111111')).toContain('content-id');
  });
});

describe('a stream', () => {
  it.each<[string, FindingKind, (one: Image) => void]>([
    ['data', 'compressed', (one) => one.view.setUint8(one.firstGrain * 512 + 300, 0)],
    ['size 0', 'compressed', (one) => one.view.setUint32(one.firstGrain * 512 + 8, 0, true)],
    ['address', 'compressed', (one) => one.view.setUint32(one.firstGrain * 512, 128, true)],
    ['end marker', 'end-marker', (one) => one.view.setUint8(one.bytes.length - 4, 1)],
  ])('%s: %s', (_, kind, damage) => {
    const one = image('streamOptimized');
    expect(found(one)).toEqual([]);
    damage(one);
    expect(found(one)).toContain(kind);
  });

  it('with a wrong checksum', () => {
    const one = image('streamOptimized');
    const at = one.firstGrain * 512;
    const end = at + 12 + one.view.getUint32(at + 8, true);
    one.view.setUint8(end - 1, one.bytes[end - 1] ^ 1);
    expect(found(one)).toEqual(['compressed']);
  });

  it('cut short', () => {
    const one = image('streamOptimized');
    expect(found(one, one.bytes.slice(0, one.bytes.length >> 1))).toEqual(['unreadable']);
    expect(found(one, one.bytes.slice(0, -512))).toEqual(['end-marker']);
  });
});

describe('redo logs', () => {
  it.each<[string, FindingKind, number, number]>([
    // Directory of the first file at sector 4; it names the first table, sector 5 of a small disk.
    ['vmfsSparse', 'directory', 4 * 512, 0x7fffff00],
    ['vmfsSparse', 'outside', 5 * 512, 0x7fffff00],
    ['vmfsSparse', 'metadata', 5 * 512, 1],
    ['vmfsSparse', 'unclean', 1648, 1],
    ['seSparse', 'unreadable', 512, 0],
    ['seSparse', 'unreadable', 512 + 24, 1],
    ['seSparse', 'directory', 4096 * 512 + 4, 0x20000000],
    ['seSparse', 'entry', 6144 * 512 + 4, 0x70000000],
  ])('%s: %s', (format, kind, at, value) => {
    const folder = new MemoryFolder();
    write(folder, 'd.vmdk', format, rawDisk(MIB));
    expect(folder.check('d.vmdk').findings.list).toEqual([]);
    const name = format === 'seSparse' ? 'd-sesparse.vmdk' : 'd-delta.vmdk';
    const word = new Uint8Array(4);
    new DataView(word.buffer).setUint32(0, value, true);
    folder.open(name).write(at, word);
    expect(folder.check('d.vmdk').findings.count(kind)).toBeGreaterThan(0);
  });

  it('a flat file that is shorter or longer than its extent', () => {
    const folder = new MemoryFolder();
    write(folder, 'd.vmdk', 'thin', rawDisk(MIB));
    folder.open('d-flat.vmdk').resize(MIB + 512);
    expect(folder.check('d.vmdk').findings.list).toMatchObject([{ kind: 'file-long' }]);
    folder.open('d-flat.vmdk').resize(MIB - 512);
    expect(folder.check('d.vmdk').findings.list).toMatchObject([{ kind: 'file' }]);
  });
});
