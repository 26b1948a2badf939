/** What the check must find: the defects the reference names in section 17, and more. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  clusterOf,
  DESCRIPTOR,
  itemOf,
  makeAddress,
  unitOf,
} from '../../../src/engine/formats/vmfs/address.js';
import { putU32 } from '../../../src/engine/formats/vmfs/bytes.js';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import type { FindingKind } from '../../../src/engine/formats/vmfs/check/findings.js';
import type { Descriptor } from '../../../src/engine/formats/vmfs/descriptor.js';
import { VMFS3, VMFS5, VMFS6 } from '../../../src/engine/formats/vmfs/generation.js';
import type { Resource } from '../../../src/engine/formats/vmfs/resource.js';
import type { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import type { MemoryImage } from '../../../src/input/image/memory-image.js';
import { formatted, MIB, openToRead, openToWrite, pattern } from './model.js';

const DATA_AT = 0x1100000;
let images: MemoryImage[];
let volume: Volume;

/** Writes bytes of a volume, past everything that keeps it sound. */
function patch(at: number, bytes: Uint8Array): void {
  const start = Math.floor(at / 512) * 512;
  const sector = new Uint8Array(Math.ceil((at + bytes.length - start) / 512) * 512);
  images[0].read((DATA_AT + start) / 512, sector.length / 512, sector);
  sector.set(bytes, at - start);
  images[0].write((DATA_AT + start) / 512, sector.length / 512, sector);
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  putU32(bytes, 0, value);
  return bytes;
}

function found(): FindingKind[] {
  return checkVolume(images)
    .findings.totals()
    .map(([kind]) => kind);
}

function file(path: string): Descriptor {
  return volume.tree.file(path);
}

function changeFile(path: string, change: (descriptor: Descriptor) => void): void {
  const descriptor = file(path);
  change(descriptor);
  patch(descriptor.at, descriptor.bytes);
}

function flipBit(resource: Resource | undefined, cluster: number, item: number): void {
  if (resource === undefined) throw new Error('no such resource');
  const header = resource.readCluster(cluster);
  header.setState(item, header.isFree(item) ? 0 : 1);
  header.count(header.free + (header.isFree(item) ? 1 : -1));
  patch(resource.headerAt(cluster), header.bytes);
}

describe.each([VMFS3, VMFS5, VMFS6])('the check of $name', (generation) => {
  beforeEach(() => {
    images = formatted({ generation, sizes: [768 * MIB] });
    const writer = openToWrite(images);
    writer.makeDirectory('/d');
    for (const name of ['one', 'two']) {
      writer.create(`/d/${name}`);
      writer.write(`/d/${name}`, 0, pattern(1, 3 * MIB));
    }
    writer.create('/small');
    writer.write('/small', 0, pattern(2, 5000));
    writer.close();
    volume = openToRead(images);
    expect(found()).toEqual([]);
  });

  it('finds a block that is used but free in its bitmap', () => {
    const unit = unitOf(file('/d/one').pointer(1));
    const perCluster = volume.core.resources.blocks?.layout.perCluster ?? 1;
    flipBit(volume.core.resources.blocks, Math.floor(unit / perCluster), unit % perCluster);
    expect(found()).toEqual(['unallocated']);
    expect(checkVolume(images).findings.list[0].path).toBe('/d/one');
  });

  it('finds blocks, sub-blocks and descriptors that are lost', () => {
    const { blocks, subBlocks, files } = volume.core.resources;
    flipBit(blocks, 1, 100);
    flipBit(subBlocks, 1, 10);
    flipBit(files, 1, 10);
    expect(found().sort()).toEqual(['descriptor-lost', 'lost']);
  });

  it('finds a block two files have', () => {
    const taken = file('/d/two').pointer(0);
    changeFile('/d/one', (one) => one.setPointer(0, taken));
    expect(found().sort()).toEqual(['lost', 'shared']);
  });

  it('finds an address beyond the volume, and one of the wrong kind', () => {
    changeFile('/d/one', (one) => one.setPointer(0, makeAddress(1, 60_000)));
    changeFile('/d/two', (two) => two.setPointer(0, makeAddress(2, 0)));
    expect(found().sort()).toEqual(['lost', 'outside', 'wrong-kind']);
  });

  it('finds an address without a kind, and blocks behind the end of a file', () => {
    const { pointersAt, product } = generation;
    const bits = file('/d/one').bytes[pointersAt] & ~7;
    // What fsck.vmfs finds on VMFS 3 and 5; on VMFS 6 it is not known what hosts leave behind.
    changeFile('/d/one', ({ bytes }) => {
      bytes[pointersAt] = bits | 0x80;
    });
    const kind = product === 6 ? 'unfamiliar' : 'without-kind';
    expect(found().sort()).toEqual(['descriptor-counters', 'lost', kind].sort());
    changeFile('/d/two', (two) => {
      two.length = 2 * MIB;
    });
    expect(found().includes('behind-end')).toBe(product !== 6);
  });

  it('finds a file without a name, and what its directory then lacks', () => {
    changeFile('/small', (small) => {
      small.incarnation += 1;
    });
    expect(found().sort()).toEqual(['orphan', 'stale']);
  });

  it('finds a name without a file', () => {
    const { address } = file('/small');
    changeFile('/small', (small) => {
      small.links = 0;
    });
    expect(found().sort()).toEqual(['descriptor-lost', 'lost', 'undefined']);
    flipBit(volume.core.resources.files, clusterOf(address), itemOf(address));
    expect(found().sort()).toEqual(['lost', 'undefined']);
  });

  it('finds a descriptor that is in use but free in its bitmap', () => {
    const { address } = file('/small');
    flipBit(volume.core.resources.files, clusterOf(address), itemOf(address));
    expect(found()).toEqual(['descriptor-free']);
  });

  it('finds a wrong "..", a wrong kind in a record and a wrong length', () => {
    const { tree } = volume;
    const dir = tree.directory('/d');
    const [, up] = tree.format.entries(dir);
    const map = volume.core.mapping;
    const slotBytes = map.slotBytes(dir);
    const slot = Math.floor(up.offset / slotBytes);
    const at = map.dataAt(dir, map.block(dir, slot), slot * slotBytes) + (up.offset % slotBytes);
    patch(at + 4, word(0x02000004));
    expect(found()).toEqual(['dots']);
    changeFile('/d/one', (one) => {
      one.length = 0x100000000000;
    });
    expect(found().sort()).toEqual(['descriptor', 'dots', 'lost']);
  });

  it('finds bitmaps that contradict their counters, and damaged cluster headers', () => {
    const { subBlocks, files } = volume.core.resources;
    if (subBlocks === undefined || files === undefined) throw new Error('no resources');
    const header = subBlocks.readCluster(2);
    header.count(3);
    patch(subBlocks.headerAt(2), header.bytes);
    expect(found()).toEqual(['cluster-count']);
    patch(files.headerAt(3), word(0));
    expect(found().sort()).toEqual(['cluster-count', 'cluster-header']);
  });

  it('finds wrong counters of a file without calling them damage', () => {
    changeFile('/d/one', (one) => {
      one.blocks = 7;
    });
    expect(found()).toEqual(['descriptor-counters']);
    expect(checkVolume(images).findings.errors).toBe(0);
  });

  it('finds damaged heartbeats and extent tables', () => {
    patch(0x300000 + 5 * generation.unitBytes, word(0x12345678));
    expect(found()).toEqual(['heartbeat']);
    // The second record of 128 bytes; VMFS 6 has one for all extents, as its sample volume.
    const record = { 3: 0x180680, 5: 0x180680, 6: 0x182000 }[generation.product];
    patch(record - DATA_AT + 9, word(0x555));
    expect(found().sort()).toEqual(['extent-table', 'heartbeat']);
  });

  it('finds system files without their names', () => {
    const { tree } = volume;
    const root = tree.root;
    const entry = tree.find(root, '.pbc.sf');
    if (entry === undefined) throw new Error('no .pbc.sf');
    const at = volume.core.mapping.dataAt(root, root.pointer(0), 0) + entry.offset;
    patch(at + (generation.product === 6 ? 0x18 : 0x0c) + 1, Uint8Array.of(0x78));
    expect(found()).toContain('system-file');
  });

  it('says what makes a volume unreadable', () => {
    patch(0x200000 + 0xb1, word(1));
    const { findings } = checkVolume(images);
    expect(findings.list).toHaveLength(1);
    expect(findings.list[0].detail).toContain('never resignatured');
  });

  it('finds fields that contradict what other structures say', () => {
    const six = generation.product === 6;
    const layout = six
      ? { record: 0x101000, extent: 0x182000 }
      : { record: 0x100200, extent: 0x180680 };
    const small = file('/small');
    const fbb = file('/.fbb.sf');
    const { mapping } = volume.core;
    const header = mapping.dataAt(fbb, mapping.block(fbb, 0), 0);
    const dir = file('/d');
    const slot = six ? 0x3b8 : 0;
    const self = mapping.dataAt(dir, mapping.block(dir, 0), 0) + slot;
    // Offsets: reference, sections 3, 5, 8, 10, 12 and 13.
    const cases: [string, number, FindingKind][] = [
      ['last extent', 0x100000 - DATA_AT + 0x6e, 'unfamiliar'],
      ['volume state', layout.record - DATA_AT + 0x10, 'resignature'],
      ['volume state, high word', layout.record - DATA_AT + 0x12, 'lvm-header'],
      ['volume name', layout.record - DATA_AT + 0x14, 'unfamiliar'],
      ['size of the volume, high word', layout.record - DATA_AT + 4, 'extent-table'],
      ['number of an extent', layout.extent - DATA_AT + 1, 'extent-table'],
      ['length of an extent', layout.extent - DATA_AT + 0x1c, 'extent-table'],
      ['clusters in a group', 0x200000 + 0xd5, 'superblock'],
      ['groups', header + 0x18, 'cluster-count'],
      ['links', small.at + generation.fieldsAt + 8, 'links'],
      ['generation of "."', self + 8, 'dots'],
    ];
    if (six) {
      const block = mapping.dataAt(dir, mapping.block(dir, 1), 0x10000) + 4096;
      cases.push(
        ['metadata unit', 0x100000 - DATA_AT + 0xcb, 'lvm-header'],
        ['.pb2.sf', 0x200000 + 0xe1, 'unfamiliar'],
        ['signature', small.at + generation.fieldsAt + 0x64, 'descriptor'],
        ['block shift', small.at + generation.fieldsAt + 0x89, 'unfamiliar'],
        ['small blocks in a large one', header + 0x1000, 'unreadable'],
        ['place of a record', block + 0x40 + 0x10, 'directory'],
        ['hash of a record', block + 0x40 + 0x0c, 'unfamiliar'],
        ['free records', block + 6, 'directory'],
      );
    }
    for (const [what, at, kind] of cases) {
      const bytes = new Uint8Array(512);
      const start = Math.floor(at / 512) * 512;
      images[0].read((DATA_AT + start) / 512, 1, bytes);
      patch(at, Uint8Array.of(bytes[at - start] ^ 2));
      expect(found(), what).toContain(kind);
      const doubtful = kind === 'unfamiliar' || kind === 'resignature';
      if (doubtful) expect(checkVolume(images).findings.errors, what).toBe(0);
      patch(start, bytes);
    }
    expect(found()).toEqual([]);
  });

  it('does not follow a pointer block twice', () => {
    const writer = openToWrite(images);
    writer.create('/sparse');
    writer.write('/sparse', 340 * MIB, pattern(9, 100));
    writer.close();
    volume = openToRead(images);
    const [table] = [file('/sparse').pointer(0)];
    changeFile('/sparse', (sparse) => {
      for (let index = 0; index < generation.pointers; index++) sparse.setPointer(index, table);
    });
    expect(found()).toContain('shared');
    expect(checkVolume(images).findings.count('shared')).toBe(generation.pointers - 1);
  });
});

it('reads a VMFS 5 volume on which another file was where .pb2.sf is now', () => {
  images = formatted({ generation: VMFS5, sizes: [768 * MIB] });
  volume = openToRead(images);
  const { mapping } = volume.core;
  const secondary = file('/.pb2.sf');
  const at = mapping.dataAt(secondary, mapping.block(secondary, 0), 0);
  patch(at, pattern(3, 512));
  expect(found()).toEqual(['unreadable']);
  changeFile('/.pb2.sf', (regular) => {
    regular.type = 3;
  });
  // The root directory has not heard of it.
  expect(found()).toEqual(['record-type']);
});

describe('a device that is missing', () => {
  it('is told, and the rest is checked', () => {
    const [head] = formatted({ sizes: [512 * MIB, 512 * MIB] });
    const { findings, files } = checkVolume([head]);
    expect(findings.count('device-missing')).toBe(1);
    expect(files).toBe(8);
  });
});

/** A record of the extent table (reference, section 3.4). */
function extent(id: number, first: number, count: number): Uint8Array {
  const bytes = new Uint8Array(128);
  const fields = new DataView(bytes.buffer);
  bytes[0] = 1;
  fields.setUint32(1, id, true);
  fields.setBigUint64(0x09, BigInt(DATA_AT + first * 256 * MIB), true);
  fields.setBigUint64(0x11, BigInt(first * 256 * MIB), true);
  fields.setBigUint64(0x19, BigInt(count * 256 * MIB), true);
  return bytes;
}

it('reads extents of VMFS 6 that stand for several, as on the sample volume', () => {
  images = formatted({ generation: VMFS6, sizes: [1300 * MIB] });
  patch(0x100000 - DATA_AT + 0x6a, Uint8Array.of(2, 0, 0, 0, 1, 0, 0, 0));
  patch(0x181000 - DATA_AT, Uint8Array.of(3));
  patch(0x182000 - DATA_AT, extent(0, 0, 3));
  patch(0x182000 - DATA_AT + 128, extent(1, 3, 2));
  expect(found()).toEqual([]);
  patch(0x182000 - DATA_AT + 128, extent(3, 3, 2));
  expect(found()).toEqual([]);
  patch(0x182000 - DATA_AT + 128, extent(2, 3, 2));
  expect(found()).toEqual(['extent-table']);
  patch(0x182000 - DATA_AT + 128, extent(1, 3, 1));
  expect(found()).toEqual(['extent-table']);
});

it('knows the root directory by its descriptor', () => {
  expect(makeAddress(DESCRIPTOR, 0)).toBe(4);
});
