import { InputError } from '../../core/errors.js';
import { type Address, SMALL_PER_LARGE } from './address.js';
import { Cluster, FREE, isCutUp, SPLIT } from './cluster.js';
import type { Core } from './core.js';
import { type Descriptor, DIRECT, POINTERS, SECONDARY_POINTERS } from './descriptor.js';
import { FileMap } from './file-map.js';
import { systemDescriptor } from './open-resources.js';
import { BlockList, Resource } from './resource.js';
import {
  clusterCount,
  encodeResourceHeader,
  type ResourceLayout,
  resourceFileBytes,
} from './resource-header.js';

/** The resource file of all file blocks. */
const NAME = '.fbb.sf';

/**
 * Lets a file system use all of its volume, which has grown: more clusters of file blocks. Whoever is cut
 * off on the way can do it again; until its last transaction the file system is as before.
 * @returns how many file blocks there are more
 * @throws InputError where the file of block bitmaps cannot describe that many
 */
export function growFileSystem(core: Core): number {
  const { blocks, largeBlocks } = core.resources;
  const old = core.require(blocks);
  const total = Math.floor(core.volume.bytes / core.blockBytes);
  const more = total - old.layout.total;
  if (more <= 0) return 0;
  const layout =
    largeBlocks === undefined
      ? withTotal(old.layout, total)
      : { ...old.layout, total, groups: old.layout.groups };
  const large =
    largeBlocks === undefined
      ? undefined
      : withTotal(largeBlocks.layout, Math.ceil(total / SMALL_PER_LARGE));
  const bytes = resourceFileBytes(large ?? layout, core.generation);
  const file = core.transaction(() => lengthen(core, bytes));
  const list = BlockList.of(NAME, file, core.mapping, core.volume.bytes);
  const make = (of: Resource, to: ResourceLayout): Resource =>
    new Resource(of.name, of.kind, of.lockType, to, core.generation, core.store, list);
  if (largeBlocks === undefined || large === undefined) {
    const grown = make(old, layout);
    writeFresh(core, old, grown, allFree);
    core.transaction(() => {
      widen(old, grown, allFree);
      core.store.write(list.at(0), encodeResourceHeader(layout, core.generation));
    });
  } else {
    const grownLarge = make(largeBlocks, large);
    const child = { ...layout, parent: large, groups: smallGroups(layout, total) };
    const grown = make(old, child);
    const cutUp = (number: number): number => (isCutUp(number, 0, total) ? SPLIT : FREE);
    writeFresh(core, largeBlocks, grownLarge, cutUp);
    writeFresh(core, old, grown, allFree);
    core.transaction(() => {
      widen(largeBlocks, grownLarge, cutUp);
      widen(old, grown, allFree);
      core.store.write(list.at(0), encodeResourceHeader(large, core.generation));
      core.store.write(list.at(large.childAt), encodeResourceHeader(child, core.generation));
    });
  }
  core.reopen();
  return more;
}

function allFree(): number {
  return FREE;
}

function withTotal(layout: ResourceLayout, total: number): ResourceLayout {
  return { ...layout, total, groups: smallGroups(layout, total) };
}

function smallGroups({ perCluster, clustersPerGroup }: ResourceLayout, total: number): number {
  return Math.ceil(total / (perCluster * clustersPerGroup));
}

/** Gives the file the blocks its new length needs; what is in them means nothing yet. */
function lengthen(core: Core, bytes: number): Descriptor {
  const { mapping, allocator, store, blockBytes } = core;
  const file = systemDescriptor(core, NAME);
  if (file === undefined) throw InputError.of(core.name, `the volume has no ${NAME}`);
  const map = new FileMap(core);
  const wanted = Math.ceil(bytes / blockBytes);
  // Derived: a VMFS 5 volume of 50 TB has a system file that a pointer block maps at 260 MiB, for which a
  // reader has to open the pointer blocks first (weafon/vmfs6-tool, issue 6).
  if (file.zla === DIRECT && wanted > mapping.capacity(file)) map.addLevel(file, pointersFor(core));
  if (wanted > mapping.capacity(file)) {
    throw InputError.of(
      core.name,
      `${NAME} would need ${wanted} blocks, its descriptor maps ${mapping.capacity(file)}`,
      'make a second datastore of the new space',
    );
  }
  const have = Math.ceil(file.length / blockBytes);
  const zeros = new Uint8Array(blockBytes);
  for (let slot = have; slot < wanted; slot++) {
    const address: Address = allocator.take(core.require(core.resources.blocks), file.affinity);
    store.writeFresh(mapping.dataAt(file, address, 0), zeros, file.at);
    map.set(file, slot, address);
    file.blocks += 1;
  }
  file.length = Math.max(file.length, bytes);
  file.touch(core.seconds);
  core.writeDescriptor(file);
  return file;
}

/** VMFS 6 has pointer blocks apart for its system files, so that they can be mapped before others are. */
function pointersFor({ generation, resources }: Core): number {
  const apart = generation.product === 6 && resources.secondary !== undefined;
  return apart ? SECONDARY_POINTERS : POINTERS;
}

/** Headers of the clusters behind the old ones, straight to their place. */
function writeFresh(
  core: Core,
  old: Resource,
  grown: Resource,
  stateOf: (number: number) => number,
): void {
  const { generation, volume } = core;
  const { lockType, layout } = grown;
  for (let cluster = clusterCount(old.layout); cluster < clusterCount(layout); cluster++) {
    const at = grown.headerAt(cluster);
    const size = grown.sizeOf(cluster);
    const header = Cluster.fresh(generation, lockType, at, cluster, size, layout.bitsPerResource);
    let free = size;
    for (let item = 0; item < size; item++) {
      const state = stateOf(cluster * layout.perCluster + item);
      if (state === FREE) continue;
      header.setState(item, state);
      free--;
    }
    if (free < size) header.count(free);
    volume.write(at, header.bytes);
  }
  volume.flush();
}

/** The last of the old clusters may have been short. */
function widen(old: Resource, grown: Resource, stateOf: (number: number) => number): void {
  const last = clusterCount(old.layout) - 1;
  const before = old.sizeOf(last);
  const size = grown.sizeOf(last);
  if (size === before) return;
  const header = grown.readCluster(last);
  let { free } = header;
  header.total = size;
  for (let item = before; item < size; item++) {
    const state = stateOf(last * grown.layout.perCluster + item);
    header.setState(item, state);
    if (state === FREE) free++;
  }
  header.count(free);
  grown.writeCluster(last, header);
}
