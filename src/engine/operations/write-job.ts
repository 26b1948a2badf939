import { NO_DATA } from '../core/data-arena.js';
import { WRITE } from '../core/io.js';
import type { Layer } from '../core/layer.js';
import type { Sim } from '../core/sim.js';
import type { FileHandle } from '../stack/files.js';
import type { DataMover } from './data-mover.js';
import { type Ended, Operation } from './operation.js';

/** What is written at once: 1 MiB (model). */
const CHUNK_BLOCKS = 2048;

/** Writes files from end to end: the memory of a machine, small files of a snapshot. */
export class WriteJob extends Operation {
  private file = 0;
  private cursor = 0;

  /** @param lower takes rows addressed by file; @param files with the blocks to write of each */
  constructor(
    sim: Sim,
    mover: DataMover,
    private readonly lower: Layer,
    private readonly files: readonly { readonly handle: FileHandle; readonly blocks: number }[],
    ended: Ended,
  ) {
    super(sim, mover, ended);
    sim.timers.delay(0, () => this.run());
  }

  override moved(slot: number, status: number, sense: number): void {
    if (status === 0) this.free(slot);
    else this.fail(slot, 'write', status, sense);
  }

  protected override begin(slot: number): boolean {
    const { files } = this;
    while (this.file < files.length && this.cursor >= files[this.file].blocks) {
      this.file++;
      this.cursor = 0;
    }
    if (this.file === files.length) return false;
    const { handle, blocks } = files[this.file];
    const length = Math.min(CHUNK_BLOCKS, blocks - this.cursor);
    const lba = this.cursor;
    this.cursor += length;
    this.send(slot, {
      op: WRITE,
      lower: this.lower,
      file: handle.index,
      lba,
      blocks: length,
      data: NO_DATA,
    });
    return true;
  }
}
