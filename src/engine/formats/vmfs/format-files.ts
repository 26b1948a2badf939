import { FormatError } from '../../core/errors.js';
import {
  type Address,
  clusterUnit,
  DESCRIPTOR,
  FILE_BLOCK,
  makeAddress,
  putAddress,
  SECONDARY_POINTER_BLOCK,
} from './address.js';
import { countKey } from './affinity.js';
import { placeIn } from './allocator.js';
import type { Core } from './core.js';
import {
  Descriptor,
  DIRECT,
  DIRECTORY,
  SECONDARY_POINTERS,
  SUB_BLOCKS,
  SYSTEM,
} from './descriptor.js';
import { entryOf } from './directory.js';
import type { Generation } from './generation.js';
import type { Geometry, PlannedFile } from './geometry.js';
import type { LogicalVolume } from './logical-volume.js';
import { SYSTEM_FILES, type SystemFile } from './open-resources.js';
import { resourceOffset } from './resource-header.js';
import { ROOT } from './root.js';
import { Tree } from './tree.js';

/** System files of a generation, by their item in descriptor cluster 0 less one. */
export function systemFilesOf(generation: Generation): readonly SystemFile[] {
  const most = { 3: 5, 5: 7, 6: 8 }[generation.product];
  return SYSTEM_FILES.slice(0, most);
}

/** Volume address of a descriptor in cluster 0. */
export function descriptorAt(geometry: Geometry, item: number): number {
  const [{ layout, firstBlock }] = geometry.files;
  return firstBlock * geometry.blockBytes + resourceOffset(layout, geometry.generation, 0, item);
}

/** The root directory and the system files; directories are empty for now. */
export function writeDescriptors(volume: LogicalVolume, geometry: Geometry, seconds: number): void {
  const { generation, blockBytes } = geometry;
  const fresh = (item: number, type: number, mode: number): Descriptor => {
    const address: Address = makeAddress(DESCRIPTOR, clusterUnit(0, item));
    const file = Descriptor.fresh(generation, descriptorAt(geometry, item), address);
    file.incarnation = 1;
    file.links = 1;
    file.type = type;
    file.mode = mode;
    file.zla = DIRECT;
    file.blockBytes = blockBytes;
    file.born(seconds);
    return file;
  };
  const map = (file: Descriptor, firstBlock: number, blocks: number): void => {
    for (let index = 0; index < blocks; index++) {
      file.setPointer(index, makeAddress(FILE_BLOCK, firstBlock + index));
    }
    file.blocks = blocks;
  };
  const root = fresh(0, DIRECTORY, 0o1755);
  root.links = 2;
  map(root, geometry.rootBlock, geometry.rootBlocks);
  volume.write(root.at, root.bytes);
  systemFilesOf(generation).forEach((name, index) => {
    const file = fresh(index + 1, SYSTEM, 0o400);
    const plan = geometry.files.find((candidate) => candidate.name === name);
    if (name === '.sdd.sf') {
      file.mode = generation.product === 6 ? 0o040700 : 0o041755;
      file.links = 2;
      file.zla = SUB_BLOCKS;
      file.blockBytes = generation.subBlockBytes;
    } else {
      const first = plan?.firstBlock ?? 0;
      if (plan?.mapped === true) mapSecondary(volume, geometry, file, plan);
      else map(file, first, plan?.blocks ?? geometry.headerBlocks);
      file.length = plan?.bytes ?? geometry.headerBlocks * blockBytes;
    }
    volume.write(file.at, file.bytes);
  });
}

/** The blocks of a large resource file, in a secondary pointer block of its own. */
function mapSecondary(
  volume: LogicalVolume,
  geometry: Geometry,
  file: Descriptor,
  plan: PlannedFile,
): void {
  const { generation, blockBytes } = geometry;
  const table = new Uint8Array(generation.pointerBlockBytes);
  for (let index = 0; index < plan.blocks; index++) {
    const address = makeAddress(FILE_BLOCK, plan.firstBlock + index);
    putAddress(generation, table, index * generation.pointerBytes, address);
  }
  const item = geometry.files.filter(({ mapped }) => mapped).indexOf(plan);
  const home = geometry.files.find(({ name }) => name === '.pb2.sf');
  if (home === undefined) throw new FormatError('no file for secondary pointer blocks');
  const at = resourceOffset(home.layout, generation, 0, item);
  volume.write(home.firstBlock * blockBytes + at, table);
  file.zla = SECONDARY_POINTERS;
  file.setPointer(0, makeAddress(SECONDARY_POINTER_BLOCK, clusterUnit(0, item)));
  file.blocks = plan.blocks;
  file.pointerBlocks = 1;
}

/** VMFS 6: which blocks the root directory and the system files have, in the headers of their clusters. */
export function writeKeys(core: Core): void {
  const blocks = core.require(core.resources.blocks);
  if (blocks.layout.keys !== 'counted') return;
  core.transaction(() => {
    for (let item = 0; item <= systemFilesOf(core.generation).length; item++) {
      const file = core.readDescriptor(makeAddress(DESCRIPTOR, clusterUnit(0, item)));
      if (file.zla === SUB_BLOCKS) continue;
      const counts = new Map<number, number>();
      for (let slot = 0; slot < file.blocks; slot++) {
        const { cluster } = placeIn(blocks, core.mapping.block(file, slot));
        counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
      }
      for (const [cluster, count] of counts) {
        const header = blocks.readCluster(cluster);
        countKey(header, blocks.layout, file.affinity, count);
        blocks.writeCluster(cluster, header);
      }
    }
  });
}

/** The root directory and the names of the system files in it. */
export function writeDirectories(core: Core): void {
  const tree = new Tree(core, false);
  core.transaction(() => {
    const root = core.readDescriptor(ROOT);
    tree.format.create(root, root);
    systemFilesOf(core.generation).forEach((name, index) => {
      const file = core.readDescriptor(makeAddress(DESCRIPTOR, clusterUnit(0, index + 1)));
      if (name === '.sdd.sf') {
        tree.format.create(file, root);
        core.writeDescriptor(file);
        root.links += 1;
      }
      tree.format.add(root, entryOf(name, file));
    });
    core.writeDescriptor(root);
  });
}
