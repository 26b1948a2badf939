import { NO_DATA } from '../core/data-arena.js';
import { ZERO } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import type { FileHandle } from '../stack/files.js';
import { FILE_BLOCK } from '../stack/filesystem/file.js';
import type { VmfsFile } from '../stack/filesystem/vmfs/file.js';
import type { DataMover } from './data-mover.js';
import { type Ended, Operation } from './operation.js';
import type { MoverStore } from './store.js';

/**
 * Makes every block of a file on VMFS ready for writes, allocated and zeroed, as `vmkfstools -j` does
 * (vmdk-formats reference, the list of its options). The file system makes each block ready in the way
 * it does before a first write, so a guest may write meanwhile: whoever comes second waits.
 */
export class InflateJob extends Operation {
  /** Blocks of 512 bytes made ready. */
  readyBlocks = 0;
  private cursor: number;
  private readonly file: VmfsFile;

  /** @param first file block from which on */
  constructor(
    sim: Sim,
    mover: DataMover,
    private readonly store: MoverStore,
    handle: FileHandle,
    first: number,
    ended: Ended,
  ) {
    super(sim, mover, ended);
    this.file = handle as VmfsFile;
    this.cursor = first;
    sim.timers.delay(0, () => this.run());
  }

  override moved(slot: number, status: number, sense: number): void {
    if (status !== 0) {
      this.fail(slot, 'zeroing', status, sense);
      return;
    }
    this.readyBlocks += FILE_BLOCK;
    this.mover.add('zeroedBlocks', FILE_BLOCK);
    this.free(slot);
  }

  protected override begin(slot: number): boolean {
    const { map } = this.file;
    while (this.cursor < map.length && map[this.cursor] >= 0) this.cursor++;
    if (this.cursor === map.length) return false;
    this.send(slot, {
      op: ZERO,
      lower: this.store.mount,
      file: this.file.index,
      lba: this.cursor++ * FILE_BLOCK,
      blocks: 1,
      data: NO_DATA,
    });
    return true;
  }
}
