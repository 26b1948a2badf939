import { FormatError } from '../../core/errors.js';
import {
  type Address,
  DESCRIPTOR,
  FILE_BLOCK,
  HOLE,
  JOURNAL_BLOCK,
  LARGE_BLOCK,
  makeAddress,
  POINTER_BLOCK,
  SECONDARY_POINTER_BLOCK,
  SUB_BLOCK,
} from './address.js';
import { getU32 } from './bytes.js';
import type { Core } from './core.js';
import { Descriptor, SYSTEM } from './descriptor.js';
import { descriptorsAt } from './generation.js';
import {
  LOCK_DESCRIPTOR,
  LOCK_DESCRIPTORS,
  LOCK_FILE_BLOCKS,
  LOCK_JOURNAL,
  LOCK_LARGE_BLOCKS,
  LOCK_POINTER_BLOCKS,
  LOCK_SECONDARY,
  LOCK_SUB_BLOCKS,
} from './lock.js';
import { BlockList, Resource } from './resource.js';
import {
  decodeResourceHeader,
  RESOURCE_HEADER_BYTES,
  type ResourceLayout,
  resourceOffset,
} from './resource-header.js';
import { SECTOR_BYTES } from './store.js';

/** Every resource of a volume; which there are depends on its generation. */
export interface VolumeResources {
  files?: Resource;
  blocks?: Resource;
  subBlocks?: Resource;
  pointerBlocks?: Resource;
  secondary?: Resource;
  journals?: Resource;
  /** VMFS 6: file blocks of 512 MiB, which small ones are cut from. */
  largeBlocks?: Resource;
  /** All of the above, for those who look at each. */
  readonly list: Resource[];
}

/** System files by their item in descriptor cluster 0 (reference, section 14). */
export const SYSTEM_FILES = [
  '.fbb.sf',
  '.fdc.sf',
  '.pbc.sf',
  '.sbc.sf',
  '.vh.sf',
  '.pb2.sf',
  '.sdd.sf',
  '.jbc.sf',
] as const;

export type SystemFile = (typeof SYSTEM_FILES)[number];

/**
 * Opens the resource files. Their descriptors lie at fixed places in the first block of `.fdc.sf`; those
 * whose blocks others are mapped with come first.
 */
export function openResources(core: Core): void {
  const { resources } = core;
  const six = core.generation.product === 6;
  if (core.generation.product !== 3) {
    open(core, '.pb2.sf', six, (layout, blocks) => {
      resources.secondary = make(core, '.pb2.sf', layout, blocks);
    });
  }
  open(core, '.pbc.sf', true, (layout, blocks) => {
    resources.pointerBlocks = make(core, '.pbc.sf', layout, blocks);
  });
  open(core, '.sbc.sf', true, (layout, blocks) => {
    resources.subBlocks = make(core, '.sbc.sf', layout, blocks);
  });
  open(core, '.fdc.sf', true, (layout, blocks) => {
    resources.files = make(core, '.fdc.sf', layout, blocks);
  });
  open(core, '.fbb.sf', true, (layout, blocks) => {
    if (!six || layout.childAt === 0) resources.blocks = make(core, '.fbb.sf', layout, blocks);
    else openLarge(core, layout, blocks);
  });
  if (six) {
    open(core, '.jbc.sf', false, (layout, blocks) => {
      resources.journals = make(core, '.jbc.sf', layout, blocks);
    });
  }
}

const KINDS: Readonly<Record<string, readonly [kind: number, lock: number]>> = {
  '.fbb.sf': [FILE_BLOCK, LOCK_FILE_BLOCKS],
  '.fdc.sf': [DESCRIPTOR, LOCK_DESCRIPTORS],
  '.pbc.sf': [POINTER_BLOCK, LOCK_POINTER_BLOCKS],
  '.sbc.sf': [SUB_BLOCK, LOCK_SUB_BLOCKS],
  '.pb2.sf': [SECONDARY_POINTER_BLOCK, LOCK_SECONDARY],
  '.jbc.sf': [JOURNAL_BLOCK, LOCK_JOURNAL],
};

function make(core: Core, name: string, layout: ResourceLayout, blocks: BlockList): Resource {
  const [kind, lock] = KINDS[name];
  const resource = new Resource(name, kind, lock, layout, core.generation, core.store, blocks);
  core.resources.list.push(resource);
  return resource;
}

/** `.fbb.sf` of VMFS 6: large blocks, and inside its resources the headers of the small ones. */
function openLarge(core: Core, large: ResourceLayout, blocks: BlockList): void {
  const { generation, store, resources } = core;
  const bytes = store.read(blocks.at(large.childAt), RESOURCE_HEADER_BYTES);
  const small = decodeResourceHeader(bytes, generation, large);
  const name = '.fbb.sf';
  resources.largeBlocks = new Resource(
    `${name} (large)`,
    LARGE_BLOCK,
    LOCK_LARGE_BLOCKS,
    large,
    generation,
    store,
    blocks,
  );
  resources.blocks = make(core, name, small, blocks);
  resources.blocks.large = resources.largeBlocks;
  resources.list.push(resources.largeBlocks);
}

function open(
  core: Core,
  name: SystemFile,
  needed: boolean,
  use: (layout: ResourceLayout, blocks: BlockList) => void,
): void {
  const { generation, store, mapping, volume } = core;
  try {
    const file = systemDescriptor(core, name);
    // A volume that was VMFS 3 may have a file of its own in the place of one that came later.
    if (!needed && file?.type !== SYSTEM) return;
    if (file === undefined) throw new FormatError('its descriptor is not there');
    const blocks = BlockList.of(name, file, mapping, volume.bytes);
    if (file.length < RESOURCE_HEADER_BYTES) throw new FormatError('it is empty');
    const layout = decodeResourceHeader(
      store.read(blocks.at(0), RESOURCE_HEADER_BYTES),
      generation,
    );
    use(layout, blocks);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`system file ${name}: ${error.message}`);
  }
}

/** Volume address of a descriptor in cluster 0, before `.fdc.sf` can be mapped. */
function descriptorAt(core: Core, item: number): number {
  const { generation, store, blockBytes } = core;
  const start = descriptorsAt(generation, blockBytes);
  const layout = decodeResourceHeader(store.read(start, RESOURCE_HEADER_BYTES), generation);
  const offset = resourceOffset(layout, generation, 0, item);
  if (offset + generation.descriptorBytes > blockBytes) {
    throw new FormatError('descriptors of system files are not in the first block of .fdc.sf');
  }
  return start + offset;
}

/**
 * Where a system file is that VMFS 3 does not know, on a volume of VMFS 5 laid out as VMFS 3: not at its
 * fixed place, which a file of the time before may have.
 */
function laterPlace(core: Core, name: SystemFile): { at: number; address: Address } | undefined {
  const { repeated, dense } = core.superblock;
  if (core.generation.product !== 5 || dense) return undefined;
  const { secondaryAt, secondary, hiddenAt, hidden } = repeated;
  if (name === '.pb2.sf') return { at: secondaryAt, address: secondary };
  return name === '.sdd.sf' ? { at: hiddenAt, address: hidden } : undefined;
}

/** The descriptor of a system file; undefined where the volume has no such file. */
export function systemDescriptor(core: Core, name: SystemFile): Descriptor | undefined {
  const { at, address } = laterPlace(core, name) ?? { at: 0, address: HOLE };
  if (at > 0 && at % SECTOR_BYTES === 0 && at < core.volume.bytes) {
    const later = descriptorFrom(core, at);
    if (later?.type === SYSTEM && later.address === address) return later;
  }
  return descriptorFrom(core, descriptorAt(core, SYSTEM_FILES.indexOf(name) + 1));
}

/** Descriptor address a system file should have. */
export function systemAddress(core: Core, name: SystemFile): Address {
  const later = laterPlace(core, name)?.address ?? HOLE;
  return later === HOLE ? makeAddress(DESCRIPTOR, SYSTEM_FILES.indexOf(name) + 1) : later;
}

function descriptorFrom(core: Core, at: number): Descriptor | undefined {
  const bytes = core.store.read(at, core.generation.descriptorBytes);
  const file = new Descriptor(core.generation, bytes, at);
  if (getU32(bytes, 0) !== LOCK_DESCRIPTOR || file.links === 0) return undefined;
  return file;
}
