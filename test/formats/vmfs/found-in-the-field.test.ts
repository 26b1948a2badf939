/** What volumes of real hosts may have, of any age, and vmtop never writes itself. */
import { describe, expect, it } from 'vitest';
import { encodeDescriptorAddress, unitOf } from '../../../src/engine/formats/vmfs/address.js';
import { putU32, putU64 } from '../../../src/engine/formats/vmfs/bytes.js';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import { Descriptor } from '../../../src/engine/formats/vmfs/descriptor.js';
import {
  type Generation,
  VMFS3,
  VMFS5,
  VMFS6,
} from '../../../src/engine/formats/vmfs/generation.js';
import { LogicalVolume } from '../../../src/engine/formats/vmfs/logical-volume.js';
import { growLvm } from '../../../src/engine/formats/vmfs/lvm-change.js';
import { showDiskId } from '../../../src/engine/formats/vmfs/lvm-records.js';
import type { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { MemoryImage } from '../../../src/input/image/memory-image.js';
import { disk } from './disks.js';
import { formatted, MIB, openToRead, openToWrite, pattern, readAll } from './model.js';

/** Kinds of what a check finds, but for who uses the volume. */
function found(images: readonly MemoryImage[]): string[] {
  return checkVolume(images)
    .findings.totals()
    .map(([kind]) => kind);
}

/** Changes bytes of the volume as another program would, behind the back of vmtop. */
function patch(volume: Volume, at: number, change: (bytes: Uint8Array) => void): void {
  const { core } = volume;
  core.transaction(() => {
    const bytes = core.store.read(at, 512);
    change(bytes);
    core.store.write(at, bytes);
  });
}

function withFile(generation: Generation, path: string): { image: MemoryImage; volume: Volume } {
  const [image] = formatted({ generation, sizes: [1100 * MIB] });
  const volume = openToWrite([image], false);
  volume.create(path);
  volume.write(path, 0, pattern(1, 3 * MIB));
  return { image, volume };
}

it('VMFS 5 that was VMFS 3: .pb2.sf is where the file system descriptor says', () => {
  const { image, volume } = withFile(VMFS5, '/kept');
  // A file of that time stands in place 6 of the descriptors; .pb2.sf has that of another file.
  volume.create('/place');
  volume.write('/place', 0, pattern(2, 9000));
  const { core, tree } = volume;
  const place = tree.file('/place');
  const secondary = tree.file('/.pb2.sf');
  core.transaction(() => {
    const swapped = (from: Descriptor, to: Descriptor): void => {
      const file = new Descriptor(core.generation, from.bytes.slice(), to.at);
      file.bytes.set(to.bytes.subarray(0, 0x200));
      putU32(file.bytes, core.generation.fieldsAt, encodeDescriptorAddress(to.address));
      core.writeDescriptor(file);
    };
    swapped(place, secondary);
    swapped(secondary, place);
    const { root } = tree;
    for (const [name, address] of [
      ['place', secondary.address],
      ['.pb2.sf', place.address],
    ] as const) {
      const entry = tree.find(root, name);
      if (entry !== undefined) tree.format.retarget(root, entry, { ...entry, address });
    }
  });
  patch(volume, 0x200000, (superblock) => {
    putU64(superblock, 0xe1, place.at);
    putU32(superblock, 0xe9, encodeDescriptorAddress(place.address));
    // Without bit 2: sub-blocks as VMFS 3 had them.
    putU32(superblock, 0x19, 2);
  });
  volume.close();
  const again = openToRead([image]);
  expect(again.core.resources.secondary?.layout.total).toBe(core.resources.secondary?.layout.total);
  expect(again.core.resources.secondary?.headerAt(0)).toBe(core.resources.secondary?.headerAt(0));
  expect(Buffer.compare(readAll(again, '/place'), pattern(2, 9000))).toBe(0);
  expect(found([image])).toEqual([]);
  // Where it says nothing of use, the volume is one without such a file.
  const writer = openToWrite([image]);
  patch(writer, 0x200000, (superblock) => putU64(superblock, 0xe1, 77));
  writer.close();
  expect(openToRead([image]).core.resources.secondary).toBeUndefined();
});

it.each([VMFS3, VMFS5])('$name: directories with a record of zeros in between', (generation) => {
  const { image, volume } = withFile(generation, '/first');
  for (const name of ['second', 'third']) volume.create(`/${name}`);
  const { core, tree } = volume;
  const { root } = tree;
  const gap = tree.find(root, 'second');
  core.transaction(() => {
    tree.contents.write(root, gap?.offset ?? 0, new Uint8Array(140));
    core.writeDescriptor(root);
    const gone = core.readDescriptor(gap?.address ?? 0);
    core.giveDescriptor(gone);
  });
  volume.close();
  const again = openToRead([image]);
  const names = again.list('/').map(({ name }) => name);
  expect(names.filter((name) => !name.startsWith('.'))).toEqual(['first', 'third']);
  expect(found([image])).toEqual([]);
  const writer = openToWrite([image]);
  writer.remove('/first');
  writer.create('/fourth');
  writer.close();
  expect(found([image])).toEqual([]);
});

describe('VMFS 6', () => {
  it('with bits for blocks to be unmapped beside those for free ones', () => {
    const { image, volume } = withFile(VMFS6, '/kept');
    const { core } = volume;
    const { blocks, largeBlocks } = core.resources;
    if (blocks === undefined || largeBlocks === undefined) throw new Error('no large blocks');
    core.transaction(() => {
      const large = largeBlocks.readCluster(0);
      for (let item = 0; item < largeBlocks.sizeOf(0); item++) {
        large.setState(item, large.state(item) | 2);
      }
      largeBlocks.writeCluster(0, large);
      const small = blocks.readCluster(0);
      for (let item = 100; item < 200; item++) small.setState(item, small.state(item) | 2);
      blocks.writeCluster(0, small);
    });
    volume.close();
    expect(found([image])).toEqual([]);
    const writer = openToWrite([image]);
    writer.create('/more', { length: 600 * MIB, provisioning: 'zeroedthick' });
    writer.remove('/kept');
    writer.close();
    expect(found([image])).toEqual([]);
  });

  it('with pointers in a file block', () => {
    const { image, volume } = withFile(VMFS6, '/kept');
    volume.create('/sparse');
    volume.write('/sparse', 400 * MIB, pattern(3, MIB));
    const { core, tree } = volume;
    core.transaction(() => {
      const file = tree.file('/sparse');
      const old = file.pointer(0);
      const block = core.allocator.take(core.require(core.resources.blocks), file.affinity);
      const entries = core.mapping.table(file, old);
      core.store.writeFresh(unitOf(block) * MIB, entries);
      file.setPointer(0, block);
      core.writeDescriptor(file);
      core.allocator.give(core.require(core.resources.subBlocks), old, file.affinity);
      core.allocator.settle();
    });
    volume.close();
    expect(found([image])).toEqual([]);
    const part = new Uint8Array(MIB);
    openToRead([image]).read('/sparse', 400 * MIB, part);
    expect(Buffer.compare(part, pattern(3, MIB))).toBe(0);
    const writer = openToWrite([image]);
    writer.remove('/sparse');
    writer.close();
    expect(found([image])).toEqual([]);
  });
});

it.each([
  [VMFS5, 2048],
  [VMFS3, 128],
  [VMFS6, 2048],
] as const)('$name on a disk whose partition table is gone', (generation, start) => {
  const { image, volume } = withFile(generation, '/kept');
  volume.close();
  const whole = disk('whole', image.blocks + start, image, start);
  expect(Buffer.compare(readAll(openToRead([whole]), '/kept'), pattern(1, 3 * MIB))).toBe(0);
  const { list } = checkVolume([whole]).findings;
  expect(list.map(({ kind }) => kind)).toEqual(['partition-table']);
  expect(list[0].detail).toContain(`from sector ${start} on`);
});

it('reads the first part of a large volume, which is what support asks for', () => {
  // Metadata of a volume lies in its first part; 1,536 MiB of it are usually dumped.
  const [image] = formatted({ generation: VMFS5, sizes: [40_000 * MIB] });
  const writer = openToWrite([image]);
  writer.create('/early');
  writer.write('/early', 0, pattern(4, MIB));
  writer.create('/far', { length: 2000 * MIB, provisioning: 'zeroedthick' });
  writer.write('/far', 1999 * MIB, pattern(5, MIB));
  writer.close();
  const dump = new MemoryImage('dump', (1536 * MIB) / 512);
  for (const [at, content] of image.written()) {
    const blocks = Math.min(content.length / 512, dump.blocks - at / 512);
    if (blocks > 0) dump.write(at / 512, blocks, content);
  }
  const volume = openToRead([dump]);
  expect(Buffer.compare(readAll(volume, '/early'), pattern(4, MIB))).toBe(0);
  expect(() => volume.read('/far', 1999 * MIB, new Uint8Array(512))).toThrow('it is cut short');
  expect(found([dump])).toEqual(['extent-table']);
});

it('says so when a device was made for volumes but has none', () => {
  const [image] = formatted({ sizes: [600 * MIB] });
  image.write(0x100200 / 512, 1, new Uint8Array(512));
  expect(() => openToRead([image])).toThrow('prepared for volumes but has none');
});

it('VMFS 6 in use by a host, whose journal is in .jbc.sf', () => {
  const { image, volume } = withFile(VMFS6, '/kept');
  const { core, tree } = volume;
  const journals = tree.file('/.jbc.sf');
  const at = core.mapping.dataAt(journals, journals.pointer(0), 0);
  volume.close();
  const writer = openToWrite([image]);
  // Reference, section 7: state, owner, journal, volume address of the journal.
  patch(writer, 0x300000 + 9 * 4096, (slot) => {
    putU32(slot, 0, 0xabcdef02);
    putU32(slot, 0x1c, 0x6553f100);
    putU32(slot, 0x2c, 6);
    putU64(slot, 0x64, at);
  });
  writer.close();
  expect(found([image])).toEqual(['host-active']);
  expect(() => openToWrite([image])).toThrow('uses the volume');
  expect(Buffer.compare(readAll(openToRead([image]), '/kept'), pattern(1, 3 * MIB))).toBe(0);
});

it.each([VMFS3, VMFS5, VMFS6])('$name read from /dev/lvm, without LVM around it', (generation) => {
  const { image, volume } = withFile(generation, '/kept');
  volume.close();
  const bare = new MemoryImage('bare', image.blocks - 0x1100000 / 512);
  for (const [at, content] of image.written()) {
    const skip = Math.max(0, 0x1100000 - at);
    if (skip >= content.length) continue;
    const part = content.subarray(
      skip,
      content.length - Math.max(0, at + content.length - image.blocks * 512),
    );
    bare.write((at + skip - 0x1100000) / 512, part.length / 512, part);
  }
  expect(Buffer.compare(readAll(openToRead([bare]), '/kept'), pattern(1, 3 * MIB))).toBe(0);
  const { list } = checkVolume([bare]).findings;
  expect(list.map(({ detail }) => detail)).toEqual(['the file system has no LVM under it']);
  expect(() => openToWrite([bare])).toThrow('without LVM is only read');
  expect(() => growLvm(LogicalVolume.open([bare]), 0)).toThrow('without LVM cannot become larger');
});

it('shows the identity of a local disk as the text it is', () => {
  // The tests of dissect.vmfs: a raw device mapping of a QEMU disk.
  expect(showDiskId(Buffer.from('QM00015             QEMU H'))).toBe('QM00015             QEMU H');
  expect(showDiskId(Uint8Array.of(0x60, 0x06, 0x01))).toBe('naa.600601');
});
