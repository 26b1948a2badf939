import { DATA_BLOCKS } from '../core/data-arena.js';
import type { Layer } from '../core/layer.js';
import type { FileHandle } from '../stack/files.js';
import { FILE_BLOCK } from '../stack/filesystem/file.js';
import type { VmfsFile } from '../stack/filesystem/vmfs/file.js';
import type { ChainView } from '../stack/vmfiles/chain/chain-view.js';
import type { MoverStore } from './store.js';

/** What is copied: one flat file, or a disk as the files of its chain show it. */
export interface CopySource {
  readonly store: MoverStore;
  readonly sizeBlocks: number;
  /** Reads go there, with this number in `file[io]`. */
  readonly lower: Layer;
  readonly file: number;
  /** The file that is all of it, which a server may clone by itself. */
  readonly whole: FileHandle | undefined;
  /** Whether anything but zeros may be in a file block, 1 MiB. */
  holds(fileBlock: number): boolean;
  /**
   * Where on the volume all of a file block lies side by side, so that the array can copy it in one
   * piece; 512-byte blocks, -1 where it does not.
   */
  placeOf(fileBlock: number): number;
  /** True while space is being found for writes to it. */
  isChanging(): boolean;
}

/** A flat file. */
export class FileSource implements CopySource {
  constructor(
    readonly store: MoverStore,
    readonly whole: FileHandle,
  ) {}

  get sizeBlocks(): number {
    return this.whole.sizeBlocks;
  }

  get lower(): Layer {
    return this.store.mount;
  }

  get file(): number {
    return this.whole.index;
  }

  holds(fileBlock: number): boolean {
    return this.store.datastore.holds(this.whole, fileBlock);
  }

  placeOf(fileBlock: number): number {
    const place = this.store.vmfs && (this.whole as VmfsFile).map[fileBlock];
    return place === undefined || place < 0 ? -1 : place * FILE_BLOCK;
  }

  isChanging(): boolean {
    return this.store.datastore.isChanging(this.whole);
  }
}

/**
 * A disk that is a chain: read by way of its grain tables. The array copies what one link holds for a
 * whole file block, side by side on the volume, whose place the host has in memory (model: no table
 * is read for it).
 */
export class ChainSource implements CopySource {
  readonly file = -1;
  readonly whole = undefined;

  /** @param lower reads rows addressed in the disk, by the links of the view */
  constructor(
    readonly store: MoverStore,
    readonly view: ChainView,
    readonly lower: Layer,
  ) {}

  get sizeBlocks(): number {
    return this.view.sizeBlocks;
  }

  holds(fileBlock: number): boolean {
    return this.view.holds(fileBlock);
  }

  placeOf(fileBlock: number): number {
    const { view, store } = this;
    const first = fileBlock * FILE_BLOCK;
    if (store.vmfs === undefined || first + FILE_BLOCK > view.sizeBlocks) return -1;
    view.find(first, FILE_BLOCK);
    const { link, block, length } = view;
    const offset = block % FILE_BLOCK;
    if (link === undefined || length < FILE_BLOCK || offset % DATA_BLOCKS !== 0) return -1;
    const { map } = link.file as VmfsFile;
    const index = Math.floor(block / FILE_BLOCK);
    const place = map[index];
    if (place < 0 || (offset > 0 && map[index + 1] !== place + 1)) return -1;
    return place * FILE_BLOCK + offset;
  }

  isChanging(): boolean {
    return this.view.links.some(({ file }) => this.store.datastore.isChanging(file));
  }
}
