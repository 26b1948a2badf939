import type { Io } from '../../core/io.js';
import type { Layer } from '../../core/layer.js';
import { ROW_STRIDE } from '../../core/requests.js';
import type { Sim } from '../../core/sim.js';
import type { FileHandle } from '../files.js';
import { hasSigned } from '../recall.js';
import type { CopyGuard } from './copy-guard.js';

/** File block of 1 MiB, in 512-byte blocks: the unit in which a copy goes on. */
const FILE_BLOCK = 2048;

/**
 * Keeps a virtual disk as it was while it is copied and its machine runs: a write to a part that has
 * not been copied yet waits until it has been, and that part's turn comes at once (copy before
 * write; stands for the snapshot ESXi takes to clone the disk of a running machine).
 */
export class WriteGuard implements CopyGuard {
  private readonly copied: Uint8Array;
  private readonly waiting: Io[] = [];
  private readonly since: number;
  private readonly sentAt: Float64Array;
  private readonly changes: Uint8Array;

  /**
   * @param disk the layer that signs the disk's rows before it sends them down
   * @param release sends a row on that waits no longer
   */
  constructor(
    private readonly sim: Sim,
    private readonly disk: Layer,
    private readonly file: FileHandle,
    private readonly release: (io: Io) => void,
  ) {
    this.since = sim.now;
    this.copied = new Uint8Array(Math.ceil(file.sizeBlocks / FILE_BLOCK));
    this.sentAt = sim.requests.column('vmdk.sentAt', Float64Array);
    this.changes = sim.requests.column('vmdk.changes', Uint8Array);
  }

  /** True when the row has to wait; it is the guard's until it is released. */
  holds(io: Io): boolean {
    if (this.changes[io] === 0 || this.missing(io) < 0) return false;
    // The row has not been sent: who looks for commands that may still touch a block skips it.
    this.sentAt[io] = Number.POSITIVE_INFINITY;
    this.waiting.push(io);
    return true;
  }

  /** Gives a waiting row up; false when it does not wait here. */
  remove(io: Io): boolean {
    const place = this.waiting.indexOf(io);
    if (place >= 0) this.waiting.splice(place, 1);
    return place >= 0;
  }

  /** The file block that somebody waits for longest, or -1. */
  get wanted(): number {
    return this.waiting.length === 0 ? -1 : this.missing(this.waiting[0]);
  }

  settled(): void {}

  /** Writes to what has not been copied wait anyway. */
  claim(_first: number, _count: number, ready: () => void): void {
    ready();
  }

  /** These file blocks have been copied. */
  finished(first: number, count: number): void {
    this.copied.fill(1, first, first + count);
    this.releaseReady();
  }

  /** Nothing has to wait any more. */
  end(): void {
    this.copied.fill(1);
    this.releaseReady();
  }

  /** True while a write that was sent before the copy began is still on its way. */
  get unsettled(): boolean {
    const { requests } = this.sim;
    let left = requests.inFlight;
    for (let io = 0; left > 0 && io < requests.handleLimit; io += ROW_STRIDE) {
      if (!requests.live(io)) continue;
      left--;
      // Rows above the disk still say what their last users said.
      if (this.changes[io] === 0) continue;
      if (this.sentAt[io] <= this.since && hasSigned(requests, io, this.disk)) return true;
    }
    return false;
  }

  private releaseReady(): void {
    const ready = this.waiting.filter((io) => this.missing(io) < 0);
    for (const io of ready) this.remove(io);
    for (const io of ready) this.release(io);
  }

  /** First file block of the row that has not been copied, or -1. */
  private missing(io: Io): number {
    const { lba, blocks } = this.sim.requests;
    const end = Math.min(lba[io] + blocks[io], this.file.sizeBlocks);
    for (let block = Math.floor(lba[io] / FILE_BLOCK); block * FILE_BLOCK < end; block++) {
      if (this.copied[block] === 0) return block;
    }
    return -1;
  }
}
