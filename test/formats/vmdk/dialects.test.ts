/** Descriptors as other programs and other times write them. */
import { describe, expect, it } from 'vitest';
import { requireSound } from '../../../src/engine/formats/vmdk/check/sound.js';
import { openDisk, readDescriptor } from '../../../src/engine/formats/vmdk/disk.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { contentOf, MemoryFolder, rawDisk } from './model.js';

const RAW = rawDisk(1 << 20);
const HEAD = 'version=1\nCID=12345678\nparentCID=ffffffff\n';

function folderWith(text: string | Uint8Array, ...extents: readonly string[]): MemoryFolder {
  const folder = new MemoryFolder();
  folder.put('d.vmdk', text);
  for (const name of extents) folder.put(name, RAW);
  return folder;
}

function opens(folder: MemoryFolder): void {
  const disk = openDisk(folder, 'd.vmdk', zlibCodec);
  requireSound(disk);
  expect(Buffer.compare(contentOf(disk), RAW)).toBe(0);
}

describe('names', () => {
  // Products on Windows write the code page of the machine; bytes of "64 位" and "диск" by their standards.
  it.each([
    ['GBK', '64 位-flat.vmdk', [0x36, 0x34, 0x20, 0xce, 0xbb]],
    ['windows-1251', 'диск-flat.vmdk', [0xe4, 0xe8, 0xf1, 0xea]],
  ])('in %s are those of files', (encoding, file, bytes) => {
    const text = Buffer.concat([
      Buffer.from(`# Disk DescriptorFile\n${HEAD}encoding="${encoding}"\ncreateType="vmfs"\n`),
      Buffer.from('RW 2048 VMFS "'),
      Buffer.from(bytes),
      Buffer.from('-flat.vmdk"\n'),
    ]);
    const folder = folderWith(text, file);
    opens(folder);
    expect(folder.check('d.vmdk').findings.list).toEqual([]);
    const { descriptor } = readDescriptor(folder.open('d.vmdk'), zlibCodec);
    const [line] = descriptor.extents('d');
    expect(line.file).toBe(file);
    descriptor.setExtents([{ ...line, sectors: 4096 }]);
    expect(Buffer.from(descriptor.bytes()).equals(replaced(text, 'RW 2048', 'RW 4096'))).toBe(true);
  });

  it('in an encoding nobody knows, or not in the one it says, are taken as they are', () => {
    for (const encoding of ['x-nothing', 'Shift_JIS', 'UTF-8']) {
      const text = `# Disk DescriptorFile\n${HEAD}encoding="${encoding}"\ncreateType="vmfs"\n`;
      const bytes = Buffer.concat([
        Buffer.from(text),
        Buffer.from('RW 2048 VMFS "\xff\xfe.vmdk"\n', 'latin1'),
      ]);
      opens(folderWith(bytes, '\xff\xfe.vmdk'));
    }
  });
});

describe('a descriptor', () => {
  const extent = 'createType="monolithicFlat"\nRW 2048 FLAT "d-flat.vmdk" 0\n';
  it.each([
    [
      'with ends of lines of Windows',
      `# Disk DescriptorFile\n${HEAD}${extent}`.replaceAll('\n', '\r\n'),
    ],
    ['with a byte order mark', `\ufeff# Disk DescriptorFile\n${HEAD}${extent}`],
    ['behind comments', `# by hand\n#\n\n${HEAD}${extent}`],
    [
      'with keys in capitals',
      `# DISK DESCRIPTORFILE\n${HEAD.toUpperCase()}${extent.toUpperCase()}`.replace(
        'D-FLAT.VMDK',
        'd-flat.vmdk',
      ),
    ],
    [
      'with blanks and unknown keys',
      `# Disk DescriptorFile\n${HEAD}new.key = "x"\n  ${extent.replaceAll(' ', ' \t ')}\n\n`,
    ],
    // What VirtualBox calls an image that stands for a whole device.
    [
      'of a whole device in a file',
      `# Disk DescriptorFile\n${HEAD}${extent.replace('monolithicFlat', 'fullDevice')}`,
    ],
  ])('%s is read', (_, text) => {
    const folder = folderWith(text, 'd-flat.vmdk');
    opens(folder);
    expect(folder.check('d.vmdk').findings.of('warning')).toBe(0);
  });

  it('of a device is told', () => {
    for (const device of ['/dev/sdb', '\\\\.\\PhysicalDrive3']) {
      const text = extent.replace('monolithicFlat', 'fullDevice').replace('d-flat.vmdk', device);
      const folder = folderWith(`# Disk DescriptorFile\n${HEAD}${text}`);
      expect(() => openDisk(folder, 'd.vmdk', zlibCodec)).toThrow('a raw device');
    }
  });

  it('of no size may name no extent (as of qemu-img)', () => {
    const text = `# Disk DescriptorFile\n${HEAD}createType="twoGbMaxExtentFlat"\n`;
    expect(() => openDisk(folderWith(text), 'd.vmdk', zlibCodec)).toThrow('names no extent');
    const empty = folderWith(`${text}ddb.geometry.cylinders = "0"\n`);
    expect(openDisk(empty, 'd.vmdk', zlibCodec).sectors).toBe(0);
    expect(empty.check('d.vmdk').findings.of('error')).toBe(0);
  });

  it('of 8 TB in parts of 4064 MB is taken', () => {
    const parts = 'RW 8323072 ZERO\n'.repeat(2065);
    const folder = folderWith(`# Disk DescriptorFile\n${HEAD}createType="custom"\n${parts}`);
    expect(openDisk(folder, 'd.vmdk', zlibCodec).sectors).toBe(2065 * 8323072);
  });
});

function replaced(bytes: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(bytes);
  copy.write(to, copy.indexOf(from));
  return copy;
}
