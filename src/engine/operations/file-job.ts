import { NO_DATA } from '../core/data-arena.js';
import { BLOCK_BYTES, READ, type WRITE } from '../core/io.js';
import type { Layer } from '../core/layer.js';
import type { Sim } from '../core/sim.js';
import type { FileHandle } from '../stack/files.js';
import type { DataMover } from './data-mover.js';
import { type Ended, Operation } from './operation.js';

/** What is moved at once: 1 MiB (model). */
const CHUNK_BLOCKS = 2048;

/** A file, and how much of it is moved. */
export interface FilePart {
  readonly handle: FileHandle;
  readonly blocks: number;
  /** All of these blocks, for a write where bytes are kept. */
  readonly content?: Uint8Array | undefined;
}

/**
 * Reads or writes files from end to end, OUTSTANDING pieces at once: the memory of a machine, small
 * files of a snapshot.
 */
export class FileJob extends Operation {
  private file = 0;
  private cursor = 0;
  /** Payload under way, by slot. */
  private readonly payloads = new Map<number, number>();

  /** @param lower takes rows addressed by file */
  constructor(
    sim: Sim,
    mover: DataMover,
    private readonly lower: Layer,
    private readonly op: typeof READ | typeof WRITE,
    private readonly files: readonly FilePart[],
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
    const payload = this.payloads.get(slot);
    if (payload !== undefined) this.sim.payloads.give(payload);
    this.payloads.delete(slot);
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
    const { handle, blocks, content } = files[this.file];
    const length = Math.min(CHUNK_BLOCKS, blocks - this.cursor);
    const lba = this.cursor;
    this.cursor += length;
    let data = NO_DATA;
    if (content !== undefined) {
      const bytes = content.subarray(lba * BLOCK_BYTES, (lba + length) * BLOCK_BYTES);
      data = this.sim.payloads.take(bytes);
      this.payloads.set(slot, data);
    }
    this.send(slot, { op, lower, file: handle.index, lba, blocks: length, data });
    return true;
  }
}
