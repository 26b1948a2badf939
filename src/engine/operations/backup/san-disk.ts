import type { Io } from '../../core/io.js';
import type { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import { FILE_BLOCK } from '../../stack/filesystem/file.js';
import type { VmfsFile } from '../../stack/filesystem/vmfs/file.js';
import { Splitter } from '../../stack/splitter.js';
import { ChainView } from '../../stack/vmfiles/chain/chain-view.js';
import { extentOf, type OffloadExtent } from '../store.js';

/**
 * A virtual disk as a proxy reads it that knows where its blocks lie: the host has told it, block map
 * and grain tables included, so only data is read, from the LUNs. What lies nowhere reads as zeros.
 */
export class SanDisk extends Splitter {
  /** Frozen by a snapshot while anything is read. */
  view = new ChainView([], () => false);

  /** @param lower takes rows addressed on the LUN that `lun` names */
  constructor(
    sim: Sim,
    name: string,
    private readonly extents: readonly OffloadExtent[],
    private readonly lower: Layer,
  ) {
    super(sim, name);
  }

  override submit(io: Io): void {
    const { lba, blocks } = this.requests;
    if (this.pieceAt(io, lba[io], blocks[io]) < blocks[io]) this.split(io);
    else this.send(io);
  }

  /** What one link holds side by side within one file block. */
  protected override pieceAt(_io: Io, at: number, most: number): number {
    const { view } = this;
    view.find(at, most);
    if (view.link === undefined) return view.length;
    return Math.min(view.length, FILE_BLOCK - (view.block % FILE_BLOCK));
  }

  protected override send(io: Io): void {
    const { lba, blocks, data, lun } = this.requests;
    const { view } = this;
    view.find(lba[io], blocks[io]);
    const file = view.link?.file as VmfsFile | undefined;
    const block = file === undefined ? -1 : file.map[Math.floor(view.block / FILE_BLOCK)];
    if (block < 0) {
      // Nothing is there, or nothing was written yet.
      if (data[io] > 0) this.sim.arena!.clear(data[io], blocks[io]);
      this.answer(io, 0, 0, 0);
      return;
    }
    const { shift, device } = extentOf(this.extents, block);
    lba[io] = shift + block * FILE_BLOCK + (view.block % FILE_BLOCK);
    lun[io] = device.unit;
    this.lower.submit(io);
  }
}
