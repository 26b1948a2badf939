import { DATA_BLOCKS, NO_DATA, ZERO_DATA } from '../../core/data-arena.js';
import { WRITE } from '../../core/io.js';
import type { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import { DATA, Run } from '../../formats/vmdk/extent.js';
import type { FileHandle } from '../../stack/files.js';
import { FILE_BLOCK } from '../../stack/filesystem/file.js';
import { type DataMover, OUTSTANDING } from '../data-mover.js';
import { type Ended, Operation } from '../operation.js';
import type { RestorePoint } from './point.js';

/** What is written at once: a granule of the smallest disks, 64 KiB. */
const CHUNK_BLOCKS = 128;

export interface RestoreParts {
  readonly point: RestorePoint;
  /** Takes rows addressed by file. */
  readonly lower: Layer;
  readonly file: FileHandle;
  /** Whether the file holds anything in a file block: what the backup lacks is zeroed there. */
  readonly holds: (block: number) => boolean;
  /** Told of each range before it is written. */
  readonly touch: (lba: number, blocks: number) => void;
}

/** Writes a disk as a backup holds it. */
export class RestoreJob extends Operation {
  doneBlocks = 0;
  private cursor = 0;
  private readonly stretch = new Run();
  private readonly length = new Int32Array(OUTSTANDING);
  private readonly buffers: number[];

  constructor(
    sim: Sim,
    mover: DataMover,
    private readonly parts: RestoreParts,
    ended: Ended,
  ) {
    super(sim, mover, ended);
    this.buffers = Array.from(
      { length: OUTSTANDING },
      () => sim.arena?.reserve(CHUNK_BLOCKS / DATA_BLOCKS) ?? NO_DATA,
    );
    sim.timers.delay(0, () => this.run());
  }

  /** Blocks of the disk that have been dealt with, 0..1. */
  get progress(): number {
    return this.cursor / this.parts.point.sectors;
  }

  /** Gives up; pieces under way come to their end. */
  stop(problem: string): void {
    this.refuse(problem);
  }

  override moved(slot: number, status: number, sense: number): void {
    if (status !== 0) {
      this.fail(slot, 'write', status, sense);
      return;
    }
    this.doneBlocks += this.length[slot];
    this.mover.add('copiedBlocks', this.length[slot]);
    this.free(slot);
  }

  protected override atEnd(): void {
    for (const data of this.buffers) {
      this.sim.arena?.release(data, CHUNK_BLOCKS / DATA_BLOCKS);
    }
  }

  protected override begin(slot: number): boolean {
    const { point, holds } = this.parts;
    while (this.cursor < point.sectors) {
      const at = this.cursor;
      const left = point.sectors - at;
      const most = Math.min(left, CHUNK_BLOCKS - (at % CHUNK_BLOCKS));
      point.probe(at, most, this.stretch);
      const blocks = this.stretch.sectors;
      this.cursor += blocks;
      if (this.stretch.kind === DATA) {
        this.write(slot, at, blocks, this.load(slot, at, blocks));
        return true;
      }
      if (holds(Math.floor(at / FILE_BLOCK))) {
        this.write(slot, at, blocks, ZERO_DATA);
        return true;
      }
    }
    return false;
  }

  private write(slot: number, lba: number, blocks: number, data: number): void {
    const { lower, file, touch } = this.parts;
    this.length[slot] = blocks;
    touch(lba, blocks);
    this.send(slot, { op: WRITE, lower, file: file.index, lba, blocks, data });
  }

  /** The stamps of a chunk, in the slot's buffer. */
  private load(slot: number, lba: number, blocks: number): number {
    const { arena } = this.sim;
    if (arena === undefined || blocks % DATA_BLOCKS !== 0) return NO_DATA;
    const first = this.buffers[slot];
    for (let index = 0; index < blocks / DATA_BLOCKS; index++) {
      arena.stamps[first + index] = this.parts.point.stampAt(lba + index * DATA_BLOCKS);
    }
    return first;
  }
}
