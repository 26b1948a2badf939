import { NO_DATA } from '../core/data-arena.js';
import { READ, type WRITE } from '../core/io.js';
import type { Layer } from '../core/layer.js';
import type { Sim } from '../core/sim.js';
import type { FileHandle } from '../stack/files.js';
import type { DataMover } from './data-mover.js';
import { type Ended, Operation } from './operation.js';

/** What is moved at once: 1 MiB (model). */
const CHUNK_BLOCKS = 2048;

/** A file with the blocks to move of it. */
export interface WholeFile {
  readonly handle: FileHandle;
  readonly blocks: number;
}

/**
 * Reads or writes files from end to end, OUTSTANDING pieces at once: the memory of a machine, small
 * files of a snapshot.
 */
export class FileJob extends Operation {
  private file = 0;
  private cursor = 0;

  /** @param lower takes rows addressed by file */
  constructor(
    sim: Sim,
    mover: DataMover,
    private readonly lower: Layer,
    private readonly op: typeof READ | typeof WRITE,
    private readonly files: readonly WholeFile[],
    ended: Ended,
  ) {
    super(sim, mover, ended);
    sim.timers.delay(0, () => this.run());
  }

  /** Gives up; what is under way comes to its end. */
  stop(problem: string): void {
    this.refuse(problem);
  }

  override moved(slot: number, status: number, sense: number): void {
    if (status === 0) this.free(slot);
    else this.fail(slot, this.op === READ ? 'read' : 'write', status, sense);
  }

  protected override begin(slot: number): boolean {
    const { files, op, lower } = this;
    while (this.file < files.length && this.cursor >= files[this.file].blocks) {
      this.file++;
      this.cursor = 0;
    }
    if (this.file === files.length) return false;
    const { handle, blocks } = files[this.file];
    const length = Math.min(CHUNK_BLOCKS, blocks - this.cursor);
    const lba = this.cursor;
    this.cursor += length;
    this.send(slot, { op, lower, file: handle.index, lba, blocks: length, data: NO_DATA });
    return true;
  }
}
