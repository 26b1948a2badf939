/** VMFS 6: for whom the blocks of a cluster were taken, as the sample volume keeps it. */
import { afterAll, describe, expect, it } from 'vitest';
import {
  clusterOf,
  encodeDescriptorAddress,
  itemOf,
  unitOf,
} from '../../../src/engine/formats/vmfs/address.js';
import { countKey, keyOf, keysIn, restOf } from '../../../src/engine/formats/vmfs/affinity.js';
import { getU16, getU32 } from '../../../src/engine/formats/vmfs/bytes.js';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import { Cluster } from '../../../src/engine/formats/vmfs/cluster.js';
import { VMFS6 } from '../../../src/engine/formats/vmfs/generation.js';
import type { Resource } from '../../../src/engine/formats/vmfs/resource.js';
import type { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { FileImage } from '../../../src/input/image/file-image.js';
import { formatted, MIB, openToRead, openToWrite, pattern } from './model.js';
import { Images } from './tools.js';

const images = new Images();
afterAll(() => images.remove());
const sample = images.sample('vmfs6-1g.bin');

/** Keys as they stand on disk: item in bits 22 and up, cluster from bit 6, kind 4. */
const system = (item: number): number => item * 0x400000 + 4;
const keyTo = (volume: Volume, path: string): number =>
  encodeDescriptorAddress(volume.tree.file(path).address);

const blocksOf = (volume: Volume): Resource => volume.core.require(volume.core.resources.blocks);
const countedIn = (volume: Volume, cluster: number): [number, number][] => [
  ...keysIn(blocksOf(volume).readCluster(cluster)),
];

describe.skipIf(sample === undefined)('the clusters of the sample volume', () => {
  it('count the blocks of each system file, and no others', () => {
    const image = FileImage.open(sample ?? '', false);
    const volume = openToRead([image]);
    // By descriptor what each has, root directory first; .sbc.sf and .jbc.sf go on in the second cluster.
    const first = [1, 1, 129, 1, 320, 7, 1, 1, 51].map((count, item) => [system(item), count]);
    expect(countedIn(volume, 0)).toEqual(first);
    expect(countedIn(volume, 1)).toEqual([
      [system(4), 50],
      [system(8), 206],
    ]);
    const { subBlocks, files } = volume.core.resources;
    const small = volume.core.require(subBlocks).readCluster(0);
    // Two sub-blocks of the directory, one of file5, which is in it; then free ones.
    expect([0, 1, 2, 3].map((item) => keyOf(small, item))).toEqual([
      ...new Array(3).fill(system(9)),
      0,
    ]);
    const descriptors = volume.core.require(files).readCluster(0);
    expect(Array.from({ length: 17 }, (_, item) => keyOf(descriptors, item))).toEqual([
      ...new Array(9).fill(0),
      system(0),
      ...new Array(6).fill(system(9)),
      0,
    ]);
    expect(checkVolume([image]).findings.list).toEqual([]);
    image.close();
  });
});

describe('keys of a cluster', () => {
  it('lie where the sample has them, and go with their last block', () => {
    const cluster = Cluster.fresh(VMFS6, 0x10c00003, 0, 0, 512, 2);
    const layout = { keys: 'counted' } as Resource['layout'];
    const entry = (index: number): number[] => {
      const at = 0x1940 + 8 * index;
      return [getU32(cluster.bytes, at), getU32(cluster.bytes, at + 4)];
    };
    const count = (): number => getU16(cluster.bytes, 0x1026);
    countKey(cluster, layout, 0x1000004, 3);
    countKey(cluster, layout, 0x2000004, 1);
    countKey(cluster, layout, 0x1000004, 2);
    expect([count(), entry(0), entry(1), entry(2)]).toEqual([
      3,
      [0, 0],
      [0x1000004, 5],
      [0x2000004, 1],
    ]);
    countKey(cluster, layout, 0x1000004, -5);
    expect([count(), entry(1), entry(2)]).toEqual([2, [0x2000004, 1], [0, 0]]);
    countKey(cluster, layout, 0x2000004, -1);
    expect([count(), entry(1)]).toEqual([0, [0, 0]]);
    // 216 as the resource header of the sample says, the first of them empty.
    for (let key = 1; key <= 300; key++) countKey(cluster, layout, key * 64 + 4, 1);
    expect([count(), restOf(cluster), keysIn(cluster).size]).toEqual([216, 85, 215]);
    expect(entry(215)).toEqual([215 * 64 + 4, 1]);
    for (let key = 300; key >= 1; key--) countKey(cluster, layout, key * 64 + 4, -1);
    expect([count(), restOf(cluster), keysIn(cluster).size]).toEqual([0, 0, 0]);
  });
});

describe('a VMFS 6 volume', () => {
  it('says for whom everything on it was taken, also after it was given back', () => {
    const media = formatted({ generation: VMFS6, sizes: [700 * MIB] });
    const volume = openToWrite(media);
    const before = countedIn(volume, 0);
    volume.makeDirectory('/a');
    volume.makeDirectory('/b');
    volume.create('/a/f');
    // Until it has content a file is near nothing but itself.
    expect(volume.tree.file('/a/f').affinity).toBe(keyTo(volume, '/a/f'));
    volume.write('/a/f', 0, pattern(1, 3 * MIB));
    volume.create('/b/g', { length: 2 * MIB, provisioning: 'zeroedthick' });
    volume.create('/b/small');
    volume.write('/b/small', 0, pattern(2, 9000));
    const [a, b] = [keyTo(volume, '/a'), keyTo(volume, '/b')];
    expect(volume.tree.file('/a/f').affinity).toBe(a);
    expect(countedIn(volume, 0)).toEqual([...before, [a, 3], [b, 2]]);
    const subBlock = volume.tree.file('/b/small').pointer(0);
    const { subBlocks, files } = volume.core.resources;
    const small = (): number =>
      keyOf(volume.core.require(subBlocks).readCluster(clusterOf(subBlock)), itemOf(subBlock));
    const { address } = volume.tree.file('/b/small');
    expect(small()).toBe(b);
    expect(keyOf(volume.core.require(files).readCluster(clusterOf(address)), itemOf(address))).toBe(
      b,
    );
    // Its blocks stay where they are when it moves.
    volume.rename('/a/f', '/b/f');
    volume.resize('/b/f', 2 * MIB);
    expect(countedIn(volume, 0)).toEqual([...before, [a, 2], [b, 2]]);
    for (const path of ['/b/f', '/b/g', '/b/small']) volume.remove(path);
    expect(countedIn(volume, 0)).toEqual(before);
    expect(small()).toBe(0);
    volume.close();
    expect(checkVolume(media).findings.list).toEqual([]);
  });

  it('keeps what is in a directory together, and apart from others where there is room', () => {
    const volume = openToWrite(formatted({ generation: VMFS6, sizes: [2600 * MIB] }));
    for (const path of ['/a', '/b', '/c']) volume.makeDirectory(path);
    const clusters = (path: string): number[] => {
      const file = volume.tree.file(path);
      return [0, 1].map((slot) => unitOf(volume.core.mapping.block(file, slot)) >> 9);
    };
    const write = (path: string): void => {
      volume.create(path);
      volume.write(path, 0, pattern(1, 2 * MIB));
    };
    // What is left of the first 512 blocks, which hold the metadata too; then a second cluster.
    write('/a/1');
    volume.create('/fill', { length: 420 * MIB, provisioning: 'zeroedthick' });
    write('/b/1');
    volume.remove('/fill');
    expect([clusters('/a/1'), clusters('/b/1')]).toEqual([
      [0, 0],
      [1, 1],
    ]);
    write('/b/2');
    write('/a/2');
    write('/c/1');
    expect([clusters('/a/2'), clusters('/b/2'), clusters('/c/1')]).toEqual([
      [0, 0],
      [1, 1],
      [0, 0],
    ]);
    volume.close();
  });

  it('has more directories than keys fit: the rest is counted without', () => {
    const media = formatted({ generation: VMFS6, sizes: [1200 * MIB] });
    const volume = openToWrite(media);
    for (let index = 0; index < 220; index++) {
      volume.makeDirectory(`/d${index}`);
      volume.create(`/d${index}/f`, { length: MIB, provisioning: 'thick' });
    }
    const rests = (): number[] => [0, 1].map((at) => restOf(blocksOf(volume).readCluster(at)));
    // Of 215 keys eight are the metadata's: the root directory and seven system files have blocks.
    expect(rests()).toEqual([220 - (215 - 8), 0]);
    for (const index of [3, 219, 40]) volume.remove(`/d${index}/f`);
    volume.write('/d7/f', MIB, pattern(1, MIB));
    volume.close();
    expect(checkVolume(media).findings.list).toEqual([]);
  });

  it('has other keys than its files say: the check tells, and where', () => {
    const media = formatted({ generation: VMFS6, sizes: [400 * MIB] });
    const volume = openToWrite(media);
    volume.create('/f');
    volume.write('/f', 0, pattern(1, 2 * MIB));
    volume.core.transaction(() => {
      const blocks = blocksOf(volume);
      const header = blocks.readCluster(0);
      countKey(header, blocks.layout, system(0), 4);
      blocks.writeCluster(0, header);
    });
    volume.close();
    const { findings } = checkVolume(media);
    const [finding, ...others] = findings.list;
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ kind: 'affinity', place: '.fbb.sf' });
    expect([findings.errors, findings.warnings]).toEqual([0, 0]);
    // The root directory has a block of its own, and the file two that are near it.
    expect(finding?.detail).toBe(
      'in 1 clusters; cluster 0 counts 7 blocks for key 4, files have 3',
    );
  });
});
