import { InputError } from '../../core/errors.js';
import type { Contents } from './contents.js';
import type { Core } from './core.js';
import {
  type Descriptor,
  DIRECT,
  DOUBLE_POINTERS,
  POINTERS,
  RESIDENT,
  SECONDARY_POINTERS,
  SUB_BLOCKS,
} from './descriptor.js';
import type { FileMap } from './file-map.js';

/** Whether every block of a file will be there, or some are holes. */
export type Form = 'dense' | 'sparse';

/** How the map of a file grows from one form to the next (reference, section 11: growth path). */
export class FileForm {
  constructor(
    private readonly core: Core,
    private readonly map: FileMap,
    private readonly contents: Contents,
    /** True keeps tiny files inside their descriptors, as ESXi does on VMFS 5 and 6. */
    private readonly resident: boolean,
  ) {}

  /**
   * Gives the map the form a length needs: inside the descriptor, one sub-block, file blocks, pointer
   * blocks, pointer blocks of pointer blocks (reference, section 11: growth path).
   */
  reform(file: Descriptor, length: number, form: Form): void {
    const target = this.formFor(file, length, form);
    if (rank(target) <= rank(file.zla)) return;
    const small = file.zla === RESIDENT || file.zla === SUB_BLOCKS;
    if (small) this.rewrite(file, target);
    if (rank(file.zla) < rank(POINTERS) && rank(target) >= rank(POINTERS)) {
      this.map.addLevel(file, POINTERS);
    }
    if (target === DOUBLE_POINTERS && file.zla !== DOUBLE_POINTERS) {
      this.map.addLevel(file, DOUBLE_POINTERS);
    }
  }

  private formFor(file: Descriptor, length: number, form: Form): number {
    const { generation, mapping, blockBytes } = this.core;
    const subBytes = this.core.superblock.subBlockBytes;
    if (this.resident && !file.isDirectory && length <= generation.residentBytes) return RESIDENT;
    if (length <= subBytes * (file.isDirectory ? generation.pointers : 1)) return SUB_BLOCKS;
    const perBlock = mapping.pointersPerBlock(file);
    // The readers of VMFS 6 stop at the first hole of a descriptor (reference, section 11).
    const direct = generation.product !== 6 || form === 'dense';
    if (direct && length <= generation.pointers * blockBytes) return DIRECT;
    if (length <= generation.pointers * perBlock * blockBytes) return POINTERS;
    if (generation.product !== 3) return DOUBLE_POINTERS;
    throw InputError.of(
      this.core.name,
      `a file of ${length} bytes, more than VMFS 3 with this block size can map`,
      'use VMFS 5, or larger blocks',
    );
  }

  /** The few bytes of a small file move to another kind of block. */
  private rewrite(file: Descriptor, target: number): void {
    const { contents } = this;
    const { length } = file;
    const bytes = new Uint8Array(length);
    contents.read(file, 0, bytes);
    if (file.zla === SUB_BLOCKS) {
      const slotBytes = this.core.mapping.slotBytes(file);
      for (let slot = 0; slot * slotBytes < length; slot++) this.map.drop(file, slot);
    }
    file.clearPointers();
    this.begin(file, target === SUB_BLOCKS ? SUB_BLOCKS : DIRECT);
    file.length = length;
    if (length > 0) contents.write(file, 0, bytes);
  }

  /** An empty map of a kind; the file has no blocks. */
  begin(file: Descriptor, zla: number): void {
    const small = zla === RESIDENT || zla === SUB_BLOCKS;
    file.zla = zla;
    file.blockBytes = small ? this.core.superblock.subBlockBytes : this.core.blockBytes;
    file.blocks = 0;
    file.length = 0;
  }

  /** What a file without bytes begins as. */
  get smallest(): number {
    return this.resident && this.core.generation.residentBytes > 0 ? RESIDENT : SUB_BLOCKS;
  }

  /** Directories are never inside a descriptor: none of the readers expects it. */
  readonly smallestDirectory = SUB_BLOCKS;

  /** Pointer blocks for every slot below `slots`: VMFS 6 wants no holes in the descriptor. */
  fillTables(file: Descriptor, slots: number): void {
    if (file.zla !== POINTERS) return;
    const perBlock = this.core.mapping.pointersPerBlock(file);
    for (let index = 0; index * perBlock < slots; index++) this.map.topTable(file, index);
  }
}

/** Forms in the order files grow through them. */
function rank(zla: number): number {
  return [RESIDENT, SUB_BLOCKS, DIRECT, POINTERS, DOUBLE_POINTERS].indexOf(
    zla === SECONDARY_POINTERS ? POINTERS : zla,
  );
}
