/** Disks written by vmtop read back by vmtop: every format, chains, damage it can read around. */
import { describe, expect, it } from 'vitest';
import { compareDisks, copyDisk } from '../../../src/engine/formats/vmdk/copy.js';
import { createDisk, filesOf } from '../../../src/engine/formats/vmdk/create.js';
import { Descriptor } from '../../../src/engine/formats/vmdk/descriptor.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import { FORMATS, formatByName } from '../../../src/engine/formats/vmdk/formats.js';
import { geometry } from '../../../src/engine/formats/vmdk/new-descriptor.js';
import { seEntry, seGrain } from '../../../src/engine/formats/vmdk/se-extent.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { contentOf, MemoryFolder, rawDisk, sequence, write } from './model.js';

const DISKS = FORMATS.filter(({ createType }) => createType !== '');
const open = (folder: MemoryFolder, name: string) => openDisk(folder, name, zlibCodec);

describe.each(DISKS)('$name', ({ name }) => {
  // Sizes: none, a sector, not whole grains, more than a grain table of 32 MiB.
  it.each([0, 512, 100 * 1024 + 512, 3 << 20, (40 << 20) + 1536])('holds %i bytes', (bytes) => {
    const folder = new MemoryFolder();
    const raw = rawDisk(bytes);
    write(folder, 'd.vmdk', name, raw);
    const disk = open(folder, 'd.vmdk');
    expect(disk.sectors).toBe(bytes / 512);
    expect(Buffer.from(contentOf(disk)).equals(raw)).toBe(true);
    const { findings } = folder.check('d.vmdk');
    expect(findings.list).toEqual([]);
  });

  it('takes a disk of the largest size, empty, in no time and space', () => {
    const { sectorsMax, partSectors } = formatByName(name);
    const folder = new MemoryFolder();
    const sectors = Math.min(sectorsMax, partSectors === 0 ? 62 * 2147483648 : 100 * partSectors);
    // Eager zeros are written: that takes as long as the disk is large.
    if (name === 'eagerzeroedthick') return;
    const sink = createDisk(folder.create, 'd.vmdk', formatByName(name), sectors, {
      codec: zlibCodec,
      random: sequence(1),
    });
    sink.finish();
    expect(folder.files.size).toBe(filesOf('d.vmdk', formatByName(name), sectors).length);
    if (partSectors > 0) expect(folder.files.size).toBe(101);
    expect(folder.check('d.vmdk').findings.of('error')).toBe(0);
    const disk = open(folder, 'd.vmdk');
    expect(disk.sectors).toBe(sectors);
    const copy = new MemoryFolder();
    const target = createDisk(copy.create, 'c.vmdk', formatByName('streamOptimized'), sectors, {
      codec: zlibCodec,
      random: sequence(1),
    });
    copyDisk(disk, target, sectors, () => undefined);
    target.finish();
    expect(compareDisks(disk, open(copy, 'c.vmdk'), () => undefined)).toBe(-1);
  });
});

describe('a chain', () => {
  /** A flat base, a redo log, a space-efficient one: each with something of its own. */
  function chain(): { folder: MemoryFolder; parts: Uint8Array[] } {
    const folder = new MemoryFolder();
    const parts = [1, 2, 3].map((seed) => rawDisk(5 << 20, seed));
    write(folder, 'base.vmdk', 'thin', parts[0]);
    const formats = ['vmfsSparse', 'seSparse'];
    let parent = 'base.vmdk';
    formats.forEach((format, index) => {
      const name = `base-00000${index + 1}.vmdk`;
      const { cid } = Descriptor.parse(folder.text(parent), parent);
      write(folder, name, format, parts[index + 1], { parent: { cid, hint: parent } });
      parent = name;
    });
    return { folder, parts };
  }

  it('reads what the child does not have from its parents', () => {
    const { folder, parts } = chain();
    const content = contentOf(open(folder, 'base-000002.vmdk'));
    // Grains of one sector over the base; over both grains of eight, where any byte is not zero.
    const expected = parts[0].slice();
    const lay = (part: Uint8Array, grain: number): void => {
      for (let at = 0; at < part.length; at += grain) {
        const bytes = part.subarray(at, at + grain);
        if (bytes.some((byte) => byte !== 0)) expected.set(bytes, at);
      }
    };
    lay(parts[1], 512);
    lay(parts[2], 4096);
    expect(Buffer.from(content).equals(expected)).toBe(true);
    expect(folder.check('base-000002.vmdk').findings.list).toEqual([]);
  });

  it('is refused when the parent was written to, is missing, of another size, or a child', () => {
    const { folder } = chain();
    const change = (name: string, from: string | RegExp, to: string): void => {
      folder.put(name, folder.text(name).replace(from, to));
    };
    const refused = (words: string): void => {
      expect(() => open(folder, 'base-000002.vmdk')).toThrow(words);
      const { findings } = folder.check('base-000002.vmdk');
      expect(findings.count('chain') + findings.count('missing')).toBe(1);
    };
    const base = folder.text('base.vmdk');
    change('base.vmdk', /CID=\w+/, 'CID=12345678');
    refused('content id mismatch');
    folder.put('base.vmdk', base.replace('RW 10240', 'RW 10232'));
    refused('sectors, its parent');
    folder.files.delete('base.vmdk');
    refused('no such file');
    folder.put('base.vmdk', base);
    const middle = folder.text('base-000001.vmdk');
    change('base-000001.vmdk', 'Hint="base.vmdk"', 'Hint="base-000002.vmdk"');
    const { cid } = Descriptor.parse(folder.text('base-000002.vmdk'), '');
    change('base-000001.vmdk', /parentCID=\w+/, `parentCID=${cid}`);
    refused('comes back to itself');
    folder.put('base-000001.vmdk', middle);
    expect(open(folder, 'base-000002.vmdk').links).toHaveLength(3);
  });

  it('of more than 32 disks is refused', () => {
    const folder = new MemoryFolder();
    write(folder, 'd0', 'thin', rawDisk(4096));
    for (let index = 1; index <= 32; index++) {
      const { cid } = Descriptor.parse(folder.text(`d${index - 1}`), '');
      write(folder, `d${index}`, 'vmfsSparse', new Uint8Array(4096), {
        parent: { cid, hint: `d${index - 1}` },
      });
    }
    expect(open(folder, 'd31').links).toHaveLength(32);
    expect(() => open(folder, 'd32')).toThrow('more than 32');
  });
});

describe('a damaged directory', () => {
  it('is read by its second copy', () => {
    const folder = new MemoryFolder();
    const raw = rawDisk(3 << 20);
    write(folder, 'd.vmdk', 'monolithicSparse', raw);
    const file = folder.open('d.vmdk');
    const head = file.content();
    const directory = Number(new DataView(head.buffer).getBigUint64(56, true)) * 512;
    for (const word of [
      [0, 0, 0, 0],
      [255, 255, 255, 127],
    ]) {
      file.write(directory, Uint8Array.from(word));
      expect(Buffer.from(contentOf(open(folder, 'd.vmdk'))).equals(raw)).toBe(true);
      expect(folder.check('d.vmdk').findings.count('directory')).toBe(1);
    }
  });
});

describe('a descriptor', () => {
  const text = [
    '# Disk DescriptorFile\r',
    'version=3',
    'Encoding="UTF-8"',
    'cid=0A1b2C3d',
    'parentCID=ffffffff',
    'createType="vmfs"  ',
    '# something nobody knows',
    'future.key = "x|22y"',
    '  RW 2048 VMFS "name with ünicode.vmdk"',
    'RW 1 ZERO',
    'changeTrackPath="a-ctk.vmdk"',
    'ddb.toolsVersion = "1"',
    'no end of line',
  ].join('\n');

  it('is kept as it is, but for what changes', () => {
    const descriptor = Descriptor.parse(text, 'd');
    expect(descriptor.format()).toBe(text);
    expect(descriptor.cid).toBe('0a1b2c3d');
    expect(descriptor.get('future.key')).toBe('x"y');
    expect(descriptor.extents('d')).toEqual([
      { access: 'RW', sectors: 2048, type: 'VMFS', file: 'name with ünicode.vmdk' },
      { access: 'RW', sectors: 1, type: 'ZERO' },
    ]);
    descriptor.set('CID', '00000007');
    descriptor.set('ddb.comment', 'a "b"');
    expect(descriptor.format()).toBe(
      `${text.replace('cid=0A1b2C3d', 'cid=00000007')}\nddb.comment = "a |22b|22"\n`,
    );
    expect(descriptor.get('ddb.comment')).toBe('a "b"');
  });

  it('takes a value where there was none', () => {
    const descriptor = Descriptor.parse('version=1\nencoding=\nRW 1 ZERO\n', 'd');
    descriptor.set('encoding', 'x');
    expect(descriptor.format()).toBe('version=1\nencoding=x\nRW 1 ZERO\n');
  });

  it('cannot name files elsewhere', () => {
    for (const name of ['/etc/passwd', '../secret', 'a/b', '..', '.', 'a\\b', 'x\u0001', '']) {
      const folder = new MemoryFolder();
      folder.put('d.vmdk', `# Disk DescriptorFile\ncreateType="vmfs"\nRW 1 VMFS "${name}"\n`);
      expect(() => open(folder, 'd.vmdk'), name).toThrow();
      const { findings } = folder.check('d.vmdk');
      expect(findings.of('error') + findings.of('warning'), name).toBeGreaterThan(0);
      expect(new Set(folder.asked)).toEqual(new Set(['d.vmdk']));
    }
  });

  it('of a raw device map is known, and its data is not asked for', () => {
    for (const type of ['vmfsRawDeviceMap', 'vmfsPassthroughRawDeviceMap']) {
      const folder = new MemoryFolder();
      const extent = 'RW 2048 VMFSRDM "d-rdm.vmdk"';
      const head = '# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n';
      folder.put('d.vmdk', `${head}createType="${type}"\n${extent}\n`);
      expect(() => open(folder, 'd.vmdk')).toThrow('raw device map');
      expect(folder.check('d.vmdk').findings.list).toMatchObject([{ kind: 'device' }]);
    }
  });
});

describe('numbers', () => {
  it('of seSparse grains are split as the reference says (section 10.3)', () => {
    for (const grain of [0, 1, 4095, 4096, 0x123456, 2 ** 44 + 5]) {
      const [low, high] = seEntry(grain);
      expect(high >>> 28).toBe(3);
      expect(seGrain(low, high)).toBe(grain);
    }
    expect(seEntry(0x1abc)).toEqual([1, 0x3abc0000]);
  });

  it('of cylinders, heads and sectors follow size and adapter (section 4)', () => {
    expect(geometry(409600, 'lsilogic')).toEqual({ cylinders: 200, heads: 64, perTrack: 32 });
    expect(geometry(20971520, 'lsilogic')).toEqual({ cylinders: 1305, heads: 255, perTrack: 63 });
    expect(geometry(6291456, 'ide')).toEqual({ cylinders: 6241, heads: 16, perTrack: 63 });
  });
});
