import { DATA_BLOCKS, NO_DATA } from '../core/data-arena.js';
import { InputError } from '../core/errors.js';
import { READ, WRITE, XCOPY } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { SENSE_SPACE_ALLOCATION_FAILED } from '../core/status.js';
import type { FileHandle } from '../stack/files.js';
import { FILE_BLOCK } from '../stack/filesystem/file.js';
import type { VmfsFile } from '../stack/filesystem/vmfs/file.js';
import type { CopyGuard } from '../stack/vmfiles/copy-guard.js';
import type { CopySource } from './copy-source.js';
import { type DataMover, OUTSTANDING } from './data-mover.js';
import { MoveBuffers } from './move-buffers.js';
import { type Ended, Operation } from './operation.js';
import { extentOf, type MoverStore, type OffloadExtent } from './store.js';

/** What the software data mover reads and writes at once: 64 KiB (from memory, section 6.2). */
const CHUNK_BLOCKS = 128;
/** Failed offloads after which an operation does without (model). */
const FAILURES_MAX = 3;
/** Pause between two looks whether earlier writes have ended (model). */
const LOOK_NS = 1_000_000;

/** The longest a row can say. */
const NAS_BLOCKS_MAX = 0x7fff_ffff;

const TO_DO = 0;
const TAKEN = 1;

export interface CopyParts {
  readonly source: CopySource;
  readonly target: MoverStore;
  readonly guard: CopyGuard;
  /** The server may clone the file as a whole, which it does at one instant. */
  readonly byServer: boolean;
  /** Makes the file once the source is at rest. @throws InputError when there is no space for it */
  makeTarget(): FileHandle;
  /** The file is done with, good or not. */
  release(file: FileHandle): void;
}

/** Where a piece lies on the volumes, when the array can copy it. */
interface Offloaded {
  /** 512-byte block. */
  readonly from: number;
  /** File block. */
  readonly to: number;
  readonly count: number;
  readonly target: OffloadExtent;
}

/** What a slot works on. */
interface Piece {
  first: number;
  count: number;
  /** Blocks of 512 bytes the host has copied. */
  done: number;
  /** READ, WRITE or XCOPY. */
  step: number;
  /** Device the array copies to. */
  target: OffloadExtent | undefined;
}

/**
 * Copies what a virtual disk holds, as it was when the copy began: by the array where source and
 * target lie on one array and it can, else through the host. What the array refuses the host does.
 */
export class CopyJob extends Operation {
  targetFile: FileHandle | undefined;
  offloadedBlocks = 0;
  copiedBlocks = 0;
  private readonly pieces: Piece[];
  private readonly buffers: MoveBuffers;
  private readonly state: Uint8Array;
  private readonly mostBlocks: number;
  private cursor = 0;
  private failures = 0;
  /** What there was to copy when the server was asked to clone the file. */
  private readonly asked: Uint8Array;
  /** The server does not clone the file after all. */
  private nasRefused = false;

  constructor(
    sim: Sim,
    mover: DataMover,
    private readonly parts: CopyParts,
    ended: Ended,
  ) {
    super(sim, mover, ended);
    const length = Math.ceil(parts.source.sizeBlocks / FILE_BLOCK);
    this.state = new Uint8Array(length);
    this.asked = new Uint8Array(length);
    const setting = mover.settings.bytes('DataMover.MaxHWTransferSize');
    this.mostBlocks = Math.max(1, Math.floor(setting / 512 / FILE_BLOCK));
    this.pieces = Array.from({ length: OUTSTANDING }, () => ({
      first: 0,
      count: 0,
      done: 0,
      step: READ,
      target: undefined,
    }));
    const keepsBytes = [parts.source.store, parts.target].every(
      ({ datastore }) => datastore.keepsBytes,
    );
    this.buffers = new MoveBuffers(sim, CHUNK_BLOCKS, keepsBytes);
    sim.timers.delay(0, () => this.settle());
  }

  override moved(slot: number, status: number, sense: number): void {
    const piece = this.pieces[slot];
    if (piece.step === XCOPY) this.offloaded(slot, piece, status, sense);
    else if (status !== 0) {
      this.fail(slot, piece.step === READ ? 'read of the source' : 'write', status, sense);
    } else if (piece.step === READ) {
      piece.step = WRITE;
      this.moveChunk(slot, piece);
    } else {
      piece.done += this.chunkOf(piece);
      piece.step = READ;
      if (this.chunkOf(piece) > 0) this.moveChunk(slot, piece);
      else this.copied(slot, piece, false);
    }
  }

  protected override begin(slot: number): boolean {
    if (this.asksServer) {
      this.beginNas(slot);
      return true;
    }
    const first = this.pick();
    if (first < 0) return false;
    const piece = this.pieces[slot];
    const plan = this.offloadOf(first);
    piece.first = first;
    piece.count = plan?.count ?? 1;
    piece.done = 0;
    this.state.fill(TAKEN, first, first + piece.count);
    this.parts.guard.claim(first, piece.count, () => this.start(slot, piece, plan));
    return true;
  }

  /** Gives up; pieces under way come to their end. */
  stop(problem: string): void {
    this.refuse(problem);
  }

  private start(slot: number, piece: Piece, plan: Offloaded | undefined): void {
    // The guest may have given blocks back while the piece waited for its writes.
    if (plan === undefined || !this.lieInARow(piece.first, plan)) {
      piece.step = READ;
      this.moveChunk(slot, piece);
      return;
    }
    piece.step = XCOPY;
    piece.target = plan.target;
    this.send(slot, {
      op: XCOPY,
      lower: this.parts.source.store.vmfs!.volume,
      file: -1,
      lba: plan.from,
      blocks: piece.count * FILE_BLOCK,
      data: NO_DATA,
      target: plan.to * FILE_BLOCK + plan.target.shift,
      unit: plan.target.device.unit,
    });
  }

  private lieInARow(first: number, { from, count }: Offloaded): boolean {
    const { source } = this.parts;
    for (let index = 0; index < count; index++) {
      if (source.placeOf(first + index) !== from + index * FILE_BLOCK) return false;
    }
    return true;
  }

  protected override atEnd(): void {
    this.parts.guard.end();
    this.buffers.release();
    if (this.targetFile !== undefined) this.parts.release(this.targetFile);
  }

  /** Waits for writes that were on their way when the copy began; later ones wait for the copy. */
  private settle(): void {
    if (this.isOver) return;
    const { guard, source } = this.parts;
    if (guard.unsettled || source.isChanging()) {
      this.sim.timers.delay(LOOK_NS, () => this.settle());
      return;
    }
    try {
      this.targetFile = this.parts.makeTarget();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.refuse(error.problems[0].message);
      return;
    }
    this.markHeld();
    guard.settled();
    this.run();
  }

  /**
   * What holds nothing is copied already: both read as zeros. But a server clones the file as it finds
   * it: until it has, nothing may be written there either.
   */
  private markHeld(): void {
    const { source } = this.parts;
    for (let block = 0; block < this.state.length; block++) {
      this.state[block] = source.holds(block) ? TO_DO : TAKEN;
    }
    if (!this.asksServer) this.releaseHoles();
  }

  private releaseHoles(): void {
    for (let block = 0; block < this.state.length; block++) {
      if (this.state[block] !== TO_DO) this.parts.guard.finished(block, 1);
    }
  }

  /** The next file block to copy: one a write waits for, else the next in order; -1 for none. */
  private pick(): number {
    const { wanted } = this.parts.guard;
    if (wanted >= 0 && this.state[wanted] === TO_DO) return wanted;
    while (this.cursor < this.state.length && this.state[this.cursor] !== TO_DO) this.cursor++;
    return this.cursor < this.state.length ? this.cursor : -1;
  }

  /** How the array may copy from this file block on; undefined when the host has to. */
  private offloadOf(first: number): Offloaded | undefined {
    const { source, target } = this.parts;
    if (source.store.vmfs === undefined || target.vmfs === undefined) return undefined;
    if (this.failures >= FAILURES_MAX) return undefined;
    const from = source.placeOf(first);
    const toMap = (this.targetFile as VmfsFile).map;
    const to = toMap[first];
    if (from < 0 || to < 0) return undefined;
    const fromExtent = extentOf(source.store.vmfs.extents, Math.floor(from / FILE_BLOCK));
    const toExtent = extentOf(target.vmfs.extents, to);
    if (fromExtent.device.array !== toExtent.device.array) return undefined;
    if (!fromExtent.device.vaai.supports('clone')) return undefined;
    const most = Math.min(
      this.mostBlocks,
      this.state.length - first,
      Math.floor(fromExtent.end - from / FILE_BLOCK),
      toExtent.end - to,
    );
    if (most < 1) return undefined;
    let count = 1;
    while (
      count < most &&
      this.state[first + count] === TO_DO &&
      source.placeOf(first + count) === from + count * FILE_BLOCK &&
      toMap[first + count] === to + count
    ) {
      count++;
    }
    return { from, to, count, target: toExtent };
  }

  private offloaded(slot: number, piece: Piece, status: number, sense: number): void {
    if (status === 0) {
      piece.target?.device.vaai.copiedHere(piece.count * FILE_BLOCK);
      this.copied(slot, piece, true);
    } else if (sense === SENSE_SPACE_ALLOCATION_FAILED) {
      this.fail(slot, 'EXTENDED COPY', status, sense);
    } else {
      this.failures++;
      this.mover.add('fallbacks', 1);
      if (this.parts.source.store.nfs === undefined) {
        piece.step = READ;
        this.moveChunk(slot, piece);
      } else {
        this.nasRefused = true;
        this.state.set(this.asked);
        this.releaseHoles();
        this.cursor = 0;
        this.free(slot);
      }
    }
  }

  private copied(slot: number, piece: Piece, byArray: boolean): void {
    const blocks = piece.count * FILE_BLOCK;
    if (byArray) this.offloadedBlocks += blocks;
    else this.copiedBlocks += blocks;
    this.mover.add(byArray ? 'offloadedBlocks' : 'copiedBlocks', blocks);
    piece.target = undefined;
    this.parts.guard.finished(piece.first, piece.count);
    this.free(slot);
  }

  /** Blocks of the chunk a piece is at; 0 at its end. */
  private chunkOf({ first, count, done }: Piece): number {
    const end = Math.min((first + count) * FILE_BLOCK, this.parts.source.sizeBlocks);
    return Math.max(0, Math.min(CHUNK_BLOCKS, end - first * FILE_BLOCK - done));
  }

  private moveChunk(slot: number, piece: Piece): void {
    const { source, target } = this.parts;
    const reads = piece.step === READ;
    const blocks = this.chunkOf(piece);
    this.send(slot, {
      op: piece.step,
      lower: reads ? source.lower : target.mount,
      file: reads ? source.file : this.targetFile!.index,
      lba: piece.first * FILE_BLOCK + piece.done,
      blocks,
      data: this.buffers.dataOf(slot, blocks, blocks % DATA_BLOCKS === 0, reads),
    });
  }

  /** The server of both files can clone, has not refused to, and there is something to clone. */
  private get asksServer(): boolean {
    const { byServer, source, target } = this.parts;
    const { nfs } = source.store;
    if (!byServer || this.nasRefused || source.whole === undefined) return false;
    if (source.whole.sizeBlocks > NAS_BLOCKS_MAX) return false;
    if (nfs?.plugin !== true || nfs.server !== target.nfs?.server) return false;
    return this.state.includes(TO_DO);
  }

  /** Full File Clone: one command for all of the file. */
  private beginNas(slot: number): void {
    const { source } = this.parts;
    const whole = source.whole as FileHandle;
    const piece = this.pieces[slot];
    piece.first = 0;
    piece.count = this.state.length;
    piece.done = 0;
    piece.step = XCOPY;
    this.asked.set(this.state);
    this.state.fill(TAKEN);
    this.send(slot, {
      op: XCOPY,
      lower: source.lower,
      file: whole.index,
      lba: 0,
      blocks: whole.sizeBlocks,
      data: NO_DATA,
      target: this.targetFile!.index,
    });
  }
}
