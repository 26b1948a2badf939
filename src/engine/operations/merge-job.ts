import { DATA_BLOCKS, ZERO_DATA } from '../core/data-arena.js';
import { READ, UNMAP, WRITE } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { FILE_BLOCK } from '../stack/filesystem/file.js';
import type { Chain } from '../stack/vmfiles/chain/chain.js';
import { TABLE_ENTRIES } from '../stack/vmfiles/chain/delta-format.js';
import { Lookup } from '../stack/vmfiles/chain/link.js';
import { type DataMover, OUTSTANDING } from './data-mover.js';
import { MoveBuffers } from './move-buffers.js';
import { type Ended, Operation } from './operation.js';

/** What is read and written at once: 64 KiB, as the software data mover does (stack-lower, 6.2). */
const CHUNK_BLOCKS = 128;

export interface MergeParts {
  /** Its links, leaf first, hold what is to be merged; nobody writes to them. */
  readonly source: Chain;
  /** Its leaf gets it. */
  readonly target: Chain;
  readonly capacityBlocks: number;
  /** The target is a flat thin file on VMFS: whole file blocks of zeros are given back. */
  readonly givesBack: boolean;
  /** The files' bytes are kept. */
  readonly keepsBytes: boolean;
}

interface Piece {
  at: number;
  blocks: number;
  /** READ, WRITE, or UNMAP. */
  step: number;
  aligned: boolean;
}

/**
 * Writes the grains of deltas into the link below them, each once, the topmost content. Until the
 * deltas are taken away they hide what is being written, so nobody sees a disk that is half done.
 */
export class MergeJob extends Operation {
  copiedBlocks = 0;
  private cursor = 0;
  private readonly totalBlocks: number;
  private readonly pieces: Piece[];
  private readonly buffers: MoveBuffers;
  private readonly found = new Lookup();

  constructor(
    sim: Sim,
    mover: DataMover,
    private readonly parts: MergeParts,
    ended: Ended,
  ) {
    super(sim, mover, ended);
    this.totalBlocks = parts.source.links.reduce(
      (sum, { delta }) => sum + (delta?.ownBytes ?? 0) / 512,
      0,
    );
    this.pieces = Array.from({ length: OUTSTANDING }, () => ({
      at: 0,
      blocks: 0,
      step: READ,
      aligned: false,
    }));
    this.buffers = new MoveBuffers(sim, CHUNK_BLOCKS, parts.keepsBytes);
    sim.timers.delay(0, () => this.run());
  }

  /** 0..1; grains that several deltas hold are copied once, so the end may come early. */
  get progress(): number {
    return this.totalBlocks === 0 ? 1 : Math.min(1, this.copiedBlocks / this.totalBlocks);
  }

  override moved(slot: number, status: number, sense: number): void {
    const piece = this.pieces[slot];
    if (status !== 0) {
      this.fail(slot, piece.step === READ ? 'read of a delta' : 'write', status, sense);
    } else if (piece.step === READ) {
      piece.step = WRITE;
      this.issue(slot, piece, this.dataOf(slot, piece));
    } else {
      this.copiedBlocks += piece.blocks;
      this.mover.add('copiedBlocks', piece.blocks);
      this.free(slot);
    }
  }

  protected override begin(slot: number): boolean {
    const { found } = this;
    const { source, capacityBlocks } = this.parts;
    const skip = TABLE_ENTRIES * DATA_BLOCKS;
    while (this.cursor < capacityBlocks) {
      const left = capacityBlocks - this.cursor;
      found.find(source.links, this.cursor, Math.min(left, CHUNK_BLOCKS));
      if (found.index >= 0) {
        this.take(slot);
        return true;
      }
      found.find(source.links, this.cursor, Math.min(left, skip));
      this.cursor += found.length;
    }
    return false;
  }

  /** Runs begin and end at 4 KiB where they can: verified data is told apart in those. */
  private take(slot: number): void {
    const { found, cursor } = this;
    const { givesBack, target, source, capacityBlocks } = this.parts;
    const piece = this.pieces[slot];
    piece.at = cursor;
    if (found.zeros) {
      found.find(source.links, cursor, Math.min(capacityBlocks - cursor, FILE_BLOCK));
      const length = toBoundary(cursor, found.length, FILE_BLOCK);
      const unmaps = target.links[0].delta?.format.unmaps ?? (givesBack && length === FILE_BLOCK);
      piece.step = unmaps ? UNMAP : WRITE;
      piece.blocks = length;
      this.cursor += length;
      this.issue(slot, piece, ZERO_DATA);
      return;
    }
    const offset = cursor % DATA_BLOCKS;
    let length = found.length;
    if (offset > 0) length = Math.min(length, DATA_BLOCKS - offset);
    else if (length > DATA_BLOCKS) length -= length % DATA_BLOCKS;
    piece.aligned = offset === 0 && length % DATA_BLOCKS === 0;
    if (piece.aligned) length = this.untorn(length, piece);
    piece.step = READ;
    piece.blocks = length;
    this.cursor += length;
    this.issue(slot, piece, this.dataOf(slot, piece));
  }

  protected override atEnd(): void {
    this.buffers.release();
  }

  private dataOf(slot: number, { blocks, aligned, step }: Piece): number {
    return this.buffers.dataOf(slot, blocks, aligned, step === READ);
  }

  /**
   * How much of whole blocks of 4 KiB the target writes as such; a first one that lies in pieces there
   * has no stamp any more, and goes by itself.
   */
  private untorn(length: number, piece: Piece): number {
    const { target } = this.parts;
    if ((target.links[0].delta?.format.grainBlocks ?? DATA_BLOCKS) >= DATA_BLOCKS) return length;
    let whole = 0;
    while (whole < length && target.writesAtOnce(piece.at + whole, DATA_BLOCKS)) {
      whole += DATA_BLOCKS;
    }
    piece.aligned = whole > 0;
    return whole > 0 ? whole : DATA_BLOCKS;
  }

  private issue(slot: number, { step, at, blocks }: Piece, data: number): void {
    const lower = step === READ ? this.parts.source : this.parts.target;
    this.send(slot, { op: step, lower, file: -1, lba: at, blocks, data });
  }
}

/** The part of a run that ends with the unit it begins in. */
function toBoundary(at: number, length: number, unit: number): number {
  return Math.min(length, unit - (at % unit));
}
