import { DATA_BLOCKS, NO_DATA } from '../core/data-arena.js';
import { READ, UNMAP } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import type { FileHandle } from '../stack/files.js';
import { FILE_BLOCK } from '../stack/filesystem/file.js';
import { HOLE, type VmfsFile } from '../stack/filesystem/vmfs/file.js';
import type { WriteGuard } from '../stack/vmfiles/write-guard.js';
import { type DataMover, OUTSTANDING } from './data-mover.js';
import { type Ended, Operation } from './operation.js';
import type { MoverStore } from './store.js';

/** What is read at once: 64 KiB, as the software data mover does (from memory, stack-lower 6.2). */
const CHUNK_BLOCKS = 128;
/** Pause between two looks whether earlier writes have ended (model). */
const LOOK_NS = 1_000_000;

export interface PunchParts {
  readonly store: MoverStore;
  /** On VMFS, and thin: only such a file gives blocks back. */
  readonly file: FileHandle;
  readonly guard: WriteGuard;
}

interface Piece {
  block: number;
  /** Blocks of 512 bytes that have been read, all of them zeros. */
  done: number;
  op: number;
}

/**
 * Reads a file from end to end and gives back every file block that holds only zeros, as
 * `vmkfstools -K` does (vmdk-formats reference, the list of its options). Blocks that are still to be
 * zeroed need no reading. A write to a part that has not been looked at waits until it has been.
 * What is zero only runs that verify data know: elsewhere nothing that was written goes.
 */
export class PunchJob extends Operation {
  readBlocks = 0;
  /** Blocks of 512 bytes given back. */
  punchedBlocks = 0;
  private cursor = 0;
  private readonly file: VmfsFile;
  private readonly looked: Uint8Array;
  private readonly pieces: Piece[];
  private readonly buffers: number[];

  constructor(
    sim: Sim,
    mover: DataMover,
    private readonly parts: PunchParts,
    ended: Ended,
  ) {
    super(sim, mover, ended);
    this.file = parts.file as VmfsFile;
    this.looked = new Uint8Array(this.file.mapLength);
    this.pieces = Array.from({ length: OUTSTANDING }, () => ({ block: 0, done: 0, op: READ }));
    this.buffers = this.pieces.map(() => sim.arena?.reserve(CHUNK_BLOCKS / DATA_BLOCKS) ?? NO_DATA);
    sim.timers.delay(0, () => this.settle());
  }

  override moved(slot: number, status: number, sense: number): void {
    const piece = this.pieces[slot];
    if (status !== 0) {
      this.fail(slot, piece.op === READ ? 'read' : 'UNMAP', status, sense);
      return;
    }
    if (piece.op === UNMAP) {
      this.punchedBlocks += FILE_BLOCK;
      this.mover.add('reclaimedBlocks', FILE_BLOCK);
      this.done(slot, piece);
      return;
    }
    const length = this.chunkOf(piece);
    this.readBlocks += length;
    const isZero = this.isZero(this.buffers[slot], length);
    piece.done += length;
    if (!isZero) this.done(slot, piece);
    else if (this.chunkOf(piece) > 0) this.read(slot, piece);
    else this.punch(slot, piece);
  }

  protected override begin(slot: number): boolean {
    const block = this.pick();
    if (block < 0) return false;
    const piece = this.pieces[slot];
    this.looked[block] = 1;
    piece.block = block;
    piece.done = 0;
    if (this.file.map[block] >= 0) this.read(slot, piece);
    else this.punch(slot, piece);
    return true;
  }

  protected override atEnd(): void {
    this.parts.guard.end();
    for (const data of this.buffers) {
      this.sim.arena?.release(data, CHUNK_BLOCKS / DATA_BLOCKS);
    }
  }

  private settle(): void {
    const { guard, store, file } = this.parts;
    if (guard.unsettled || store.datastore.isChanging(file)) {
      this.sim.timers.delay(LOOK_NS, () => this.settle());
      return;
    }
    for (let block = 0; block < this.looked.length; block++) {
      const isUnknown = this.file.map[block] >= 0 && this.sim.arena === undefined;
      if (this.file.map[block] !== HOLE && !isUnknown) continue;
      this.looked[block] = 1;
      guard.finished(block, 1);
    }
    this.run();
  }

  /** One a write waits for, else the next in order; -1 for none. */
  private pick(): number {
    const { wanted } = this.parts.guard;
    if (wanted >= 0 && this.looked[wanted] === 0) return wanted;
    while (this.cursor < this.looked.length && this.looked[this.cursor] !== 0) this.cursor++;
    return this.cursor < this.looked.length ? this.cursor : -1;
  }

  /** The file's last block may be shorter. */
  private lengthOf(block: number): number {
    return Math.min(FILE_BLOCK, this.file.sizeBlocks - block * FILE_BLOCK);
  }

  private chunkOf({ block, done }: Piece): number {
    return Math.min(CHUNK_BLOCKS, this.lengthOf(block) - done);
  }

  private read(slot: number, piece: Piece): void {
    piece.op = READ;
    const blocks = this.chunkOf(piece);
    this.send(slot, {
      op: READ,
      lower: this.parts.store.mount,
      file: this.file.index,
      lba: piece.block * FILE_BLOCK + piece.done,
      blocks,
      data: blocks % DATA_BLOCKS === 0 ? this.buffers[slot] : NO_DATA,
    });
  }

  private punch(slot: number, piece: Piece): void {
    if (this.lengthOf(piece.block) < FILE_BLOCK) {
      this.done(slot, piece);
      return;
    }
    piece.op = UNMAP;
    this.send(slot, {
      op: UNMAP,
      lower: this.parts.store.mount,
      file: this.file.index,
      lba: piece.block * FILE_BLOCK,
      blocks: FILE_BLOCK,
      data: NO_DATA,
    });
  }

  private done(slot: number, piece: Piece): void {
    this.parts.guard.finished(piece.block, 1);
    this.free(slot);
  }

  private isZero(data: number, blocks: number): boolean {
    if (data <= NO_DATA || blocks % DATA_BLOCKS !== 0) return false;
    const { stamps } = this.sim.arena!;
    for (let at = 0; at < blocks / DATA_BLOCKS; at++) if (stamps[data + at] !== 0) return false;
    return true;
  }
}
