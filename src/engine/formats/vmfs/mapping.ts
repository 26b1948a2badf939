import { FormatError } from '../../core/errors.js';
import {
  type Address,
  clusterOf,
  FILE_BLOCK,
  getAddress,
  HOLE,
  itemOf,
  kindOf,
  LARGE_BLOCK,
  POINTER_BLOCK,
  SECONDARY_POINTER_BLOCK,
  SMALL_PER_LARGE,
  SUB_BLOCK,
  showAddress,
  unitOf,
  withoutZeroMask,
} from './address.js';
import {
  type Descriptor,
  DIRECT,
  DOUBLE_POINTERS,
  RESIDENT,
  requireSane,
  SECONDARY_POINTERS,
  SUB_BLOCKS,
} from './descriptor.js';
import type { VolumeResources } from './open-resources.js';
import type { Resource } from './resource.js';
import type { Store } from './store.js';

/** Finds the bytes of files: offset in a file to address on the volume (reference, section 11). */
export class Mapping {
  constructor(
    private readonly store: Store,
    private readonly resources: VolumeResources,
    readonly blockBytes: number,
  ) {}

  /** Pointers in one pointer block. */
  pointersPerBlock(file: Descriptor): number {
    return file.generation.pointerBlockBytes / file.generation.pointerBytes;
  }

  /** Bytes a slot of the file's map stands for. */
  slotBytes(file: Descriptor): number {
    return file.zla === SUB_BLOCKS ? this.subBlockBytes(file) : this.blockBytes;
  }

  private subBlockBytes(file: Descriptor): number {
    return this.resources.subBlocks?.layout.resourceBytes ?? file.blockBytes;
  }

  /** Slots a map of this kind has. */
  capacity(file: Descriptor): number {
    const { pointers } = file.generation;
    const perBlock = this.pointersPerBlock(file);
    switch (file.zla) {
      case DIRECT:
      case SUB_BLOCKS:
        return pointers;
      case DOUBLE_POINTERS:
        return pointers * perBlock * perBlock;
      default:
        return pointers * perBlock;
    }
  }

  /**
   * The block at slot `index` of the file's map.
   * @throws FormatError where the map does not reach that far or is damaged
   */
  block(file: Descriptor, index: number): Address {
    requireSane(file);
    if (file.zla === RESIDENT || index >= this.capacity(file)) {
      throw new FormatError(
        `block ${index} is beyond what the descriptor can map (ZLA ${file.zla})`,
      );
    }
    if (file.zla === DIRECT || file.zla === SUB_BLOCKS) return file.pointer(index);
    const perBlock = this.pointersPerBlock(file);
    if (file.zla !== DOUBLE_POINTERS) {
      const table = file.pointer(Math.floor(index / perBlock));
      return this.entry(file, table, index % perBlock);
    }
    const outer = file.pointer(Math.floor(index / (perBlock * perBlock)));
    const inner = this.entry(file, outer, Math.floor(index / perBlock) % perBlock);
    return this.entry(file, inner, index % perBlock);
  }

  private entry(file: Descriptor, table: Address, index: number): Address {
    if (table === HOLE) return HOLE;
    const { generation } = file;
    const at = this.tableAt(file, table) + index * generation.pointerBytes;
    return getAddress(generation, this.store.read(at, generation.pointerBytes, file.at), 0);
  }

  /** All the pointers of one pointer block, as they stand on disk. */
  table(file: Descriptor, table: Address): Uint8Array {
    const at = this.tableAt(file, table);
    return this.store.read(at, file.generation.pointerBlockBytes, file.at);
  }

  /** Volume address of a pointer block. */
  tableAt(file: Descriptor, table: Address): number {
    if (kindOf(table) === FILE_BLOCK && file.generation.product === 6) {
      return unitOf(table) * this.blockBytes;
    }
    return this.tableResource(file, table).at(clusterOf(table), itemOf(table));
  }

  /**
   * Where a pointer block comes from. VMFS 6 takes them from the sub-blocks, whatever the address says,
   * except those of files that say they use secondary ones, and where `.pbc.sf` has any of its own; a file
   * block may be one as well (dissect.vmfs; such volumes have not been seen).
   */
  tableResource(file: Descriptor, table: Address): Resource {
    const kind = kindOf(table);
    const secondary = kind === SECONDARY_POINTER_BLOCK || file.zla === SECONDARY_POINTERS;
    const six = file.generation.product === 6;
    const { pointerBlocks, subBlocks, blocks } = this.resources;
    if (six && kind === FILE_BLOCK && blocks !== undefined) return blocks;
    const known =
      kind === POINTER_BLOCK || kind === SECONDARY_POINTER_BLOCK || (six && kind === SUB_BLOCK);
    const own = !six || (kind === POINTER_BLOCK && (pointerBlocks?.layout.total ?? 0) > 0);
    const resource = secondary ? this.resources.secondary : own ? pointerBlocks : subBlocks;
    if (known && resource !== undefined) return resource;
    throw new FormatError(`${showAddress(table)} where a pointer block is expected`);
  }

  /**
   * Volume address of a data block's bytes.
   * @param offset offset in the file of the slot, which finds the place inside a large block
   */
  dataAt(file: Descriptor, address: Address, offset: number): number {
    switch (kindOf(address)) {
      case FILE_BLOCK:
        return unitOf(address) * this.blockBytes;
      case LARGE_BLOCK: {
        const largeBytes = SMALL_PER_LARGE * this.blockBytes;
        return unitOf(address) * largeBytes + (offset % largeBytes);
      }
      case SUB_BLOCK:
        if (file.zla === SUB_BLOCKS && this.resources.subBlocks !== undefined) {
          return this.resources.subBlocks.at(clusterOf(address), itemOf(address));
        }
    }
    throw new FormatError(`${showAddress(withoutZeroMask(address))} where data is expected`);
  }
}
