import { InputError } from '../../core/errors.js';
import type { AffinityKeys } from './affinity.js';
import { alignUp, KIB, MIB } from './bytes.js';
import { clusterHeaderBytes, descriptorsAt, type Generation } from './generation.js';
import type { SystemFile } from './open-resources.js';
import { GROUP_AT, type ResourceLayout, resourceFileBytes } from './resource-header.js';

/** A resource file of a new volume: its layout and its file blocks, which lie together. */
export interface PlannedFile {
  readonly name: SystemFile;
  readonly layout: ResourceLayout;
  readonly bytes: number;
  readonly firstBlock: number;
  readonly blocks: number;
  /** VMFS 6: layout of the small blocks kept in the same file. */
  readonly child?: ResourceLayout;
  /** VMFS 6: more blocks than a descriptor maps; a secondary pointer block has their addresses. */
  readonly mapped: boolean;
}

/** What a new volume looks like. */
export interface Geometry {
  readonly generation: Generation;
  readonly blockBytes: number;
  readonly totalBlocks: number;
  /** Blocks before `.fdc.sf`, the content of `.vh.sf`. */
  readonly headerBlocks: number;
  readonly rootBlock: number;
  readonly rootBlocks: number;
  readonly files: readonly PlannedFile[];
  /** Blocks 0 to this one (exclusive) hold the file system itself. */
  readonly usedBlocks: number;
}

/** Volumes from here on get the numbers of the product, smaller ones a part of them (model). */
const FULL_SIZE = 16 * KIB * MIB;

/** Addresses in a secondary pointer block of VMFS 6. */
const SECONDARY_POINTERS = 8192;

interface Wanted {
  readonly name: SystemFile;
  readonly perCluster: number;
  readonly clustersPerGroup: number;
  readonly resourceBytes: number;
  /** Resources of a volume of full size, and the least. */
  readonly full: number;
  readonly least: number;
  /** How its cluster headers say for whom resources were taken; not at all where nothing is said. */
  readonly keys?: AffinityKeys;
}

/** Reference, sections 8.5, 17 and 18; VMFS 3: the sample volume, stack-upper section 4. */
const WANTED: Readonly<Record<3 | 5 | 6, readonly Wanted[]>> = {
  3: [
    wanted('.fdc.sf', 32, 32, 2 * KIB, 30720, 256),
    wanted('.pbc.sf', 16, 32, 4 * KIB, 61440, 256),
    wanted('.sbc.sf', 16, 32, 64 * KIB, 3968, 512),
  ],
  5: [
    wanted('.fdc.sf', 200, 32, 2 * KIB, 130000, 6400),
    wanted('.pbc.sf', 16, 32, 4 * KIB, 64512, 512),
    wanted('.sbc.sf', 64, 32, 8 * KIB, 32000, 2048),
    wanted('.pb2.sf', 16, 32, 4 * KIB, 256, 16),
  ],
  6: [
    { ...wanted('.fdc.sf', 256, 8, 8 * KIB, 16384, 2048), keys: 'each' },
    wanted('.pbc.sf', 0, 8, 64 * KIB, 0, 0),
    { ...wanted('.sbc.sf', 256, 8, 64 * KIB, 16384, 1024), keys: 'each' },
    wanted('.pb2.sf', 32, 8, 64 * KIB, 256, 32),
    wanted('.jbc.sf', 8, 4, 2 * MIB, 0, 0),
  ],
};

function wanted(
  name: SystemFile,
  perCluster: number,
  clustersPerGroup: number,
  resourceBytes: number,
  full: number,
  least: number,
): Wanted {
  return { name, perCluster, clustersPerGroup, resourceBytes, full, least };
}

/** @throws InputError where the volume has no room for its own metadata */
export function planGeometry(
  generation: Generation,
  blockBytes: number,
  volumeBytes: number,
): Geometry {
  const totalBlocks = Math.floor(volumeBytes / blockBytes);
  const headerBlocks = descriptorsAt(generation, blockBytes) / blockBytes;
  const files: PlannedFile[] = [];
  let next = headerBlocks;
  const place = (name: SystemFile, layout: ResourceLayout, child?: ResourceLayout): void => {
    const bytes = resourceFileBytes(layout, generation);
    const blocks = Math.ceil(bytes / blockBytes);
    const mapped = blocks > generation.pointers;
    const most = generation.product === 6 ? SECONDARY_POINTERS : generation.pointers;
    if (blocks > most) {
      throw InputError.of('', `${name} would need ${blocks} blocks, more than ${most}`);
    }
    const plan = { name, layout, bytes, firstBlock: next, blocks, mapped };
    files.push(child === undefined ? plan : { ...plan, child });
    next += blocks;
  };
  const [descriptors, ...others] = WANTED[generation.product];
  place(descriptors.name, layoutOf(descriptors, generation, volumeBytes));
  const rootBlock = next;
  // A directory of VMFS 6 has a header of 64 KiB; 1 MiB holds it and 240 blocks of records.
  const rootBlocks = 1;
  next += rootBlocks;
  if (generation.product === 6) {
    const { large, small } = largeBlockLayouts(totalBlocks, generation);
    place('.fbb.sf', large, small);
  } else {
    place('.fbb.sf', blockLayout(totalBlocks, blockBytes, generation));
  }
  for (const other of others) place(other.name, layoutOf(other, generation, volumeBytes));
  // One block more: the journal of whoever writes.
  if (next + 1 > totalBlocks) {
    throw InputError.of(
      '',
      `a volume of ${volumeBytes} bytes has no room for its metadata of ${next * blockBytes} bytes`,
      'make it larger',
    );
  }
  return {
    generation,
    blockBytes,
    totalBlocks,
    headerBlocks,
    rootBlock,
    rootBlocks,
    files,
    usedBlocks: next,
  };
}

function layoutOf(want: Wanted, generation: Generation, volumeBytes: number): ResourceLayout {
  const part = Math.min(1, volumeBytes / FULL_SIZE);
  const most = Math.max(want.least, Math.floor(want.full * part));
  const total = want.perCluster === 0 ? 0 : alignUp(most, want.perCluster);
  return makeLayout(want, generation, total);
}

function makeLayout(
  want: Omit<Wanted, 'name' | 'full' | 'least'>,
  generation: Generation,
  total: number,
): ResourceLayout {
  const { perCluster, clustersPerGroup, resourceBytes, keys = 'none' } = want;
  const perGroup = perCluster * clustersPerGroup;
  return {
    perCluster,
    clustersPerGroup,
    groupAt: GROUP_AT,
    resourceBytes,
    groupBytes: clustersPerGroup * (clusterHeaderBytes(generation) + perCluster * resourceBytes),
    total,
    groups: perGroup === 0 ? 0 : Math.ceil(total / perGroup),
    childAt: 0,
    bitsPerResource: 1,
    keys,
  };
}

/** The bitmap of all file blocks: clusters of 200, wider ones where the file would need pointer blocks. */
function blockLayout(total: number, blockBytes: number, generation: Generation): ResourceLayout {
  for (let perCluster = 200; ; perCluster *= 2) {
    const want = { perCluster, clustersPerGroup: 32, resourceBytes: 0 };
    const layout = makeLayout(want, generation, total);
    const fits = resourceFileBytes(layout, generation) <= generation.pointers * blockBytes;
    if (fits || 2 * perCluster > generation.bitmapBits) return layout;
  }
}

/** Large blocks of 512 MiB, and the small ones in them: header geometry of the VMFS 6 sample volume. */
function largeBlockLayouts(
  blocks: number,
  generation: Generation,
): { large: ResourceLayout; small: ResourceLayout } {
  const headerBytes = clusterHeaderBytes(generation);
  const clusters = Math.ceil(blocks / 512);
  const base = makeLayout(
    { perCluster: 16, clustersPerGroup: 8, resourceBytes: headerBytes },
    generation,
    clusters,
  );
  const large = { ...base, childAt: 0x1000, bitsPerResource: 3 };
  const small = makeLayout(
    { perCluster: 512, clustersPerGroup: 8, resourceBytes: 0 },
    generation,
    blocks,
  );
  return { large, small: { ...small, bitsPerResource: 2, keys: 'counted', parent: large } };
}
