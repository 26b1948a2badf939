import { type Io, NO_IO } from '../core/io.js';
import { Layer } from '../core/layer.js';
import type { Requests } from '../core/requests.js';
import type { Sim } from '../core/sim.js';

/** How long a layer waits before it asks for a row again when the table is full: 1 ms (model). */
export const ROW_RETRY_NS = 1_000_000;

/**
 * A layer that passes most rows on and now and then has to cut one into pieces. The pieces are rows
 * of their own; the row waits here until the last of them is back. Its address is left alone.
 */
export abstract class Splitter extends Layer {
  protected readonly requests: Requests;
  /** Blocks at the end of the row that have no piece yet; 0 for rows that are not being cut. */
  private readonly rest: Int32Array;

  constructor(sim: Sim, name: string) {
    super(sim, name);
    this.requests = sim.requests;
    this.rest = sim.requests.column('splitter.rest', Int32Array);
  }

  /** Length of the piece of row `io` that starts at `at`; 1 to `most`. */
  protected abstract pieceAt(io: Io, at: number, most: number): number;

  /** Sends a piece on its way; it is signed and its address is in this layer's address space. */
  protected abstract send(piece: Io): void;

  protected split(io: Io): void {
    this.rest[io] = this.requests.blocks[io];
    this.cut(io);
  }

  /** Finishes the row from here, at once or after a delay; never from within `submit`. */
  protected answer(io: Io, status: number, sense: number, delayNs: number): void {
    const { status: statuses, sense: senses } = this.requests;
    statuses[io] = status;
    senses[io] = sense;
    this.after(delayNs, io);
  }

  override complete(piece: Io): void {
    const io = this.requests.join(piece);
    if (io !== NO_IO && this.rest[io] === 0) this.leave(io).complete(io);
  }

  override fire(io: Io): void {
    if (this.rest[io] > 0) this.cut(io);
    else this.leave(io).complete(io);
  }

  private cut(io: Io): void {
    const { requests, rest } = this;
    while (rest[io] > 0) {
      const piece = requests.split(io);
      if (piece === NO_IO) {
        this.after(ROW_RETRY_NS, io);
        return;
      }
      const at = requests.lba[io] + requests.blocks[io] - rest[io];
      const length = this.pieceAt(io, at, rest[io]);
      requests.lba[piece] = at;
      requests.blocks[piece] = length;
      requests.cutData(piece, at - requests.lba[io]);
      requests.readyAt[piece] = requests.readyAt[io];
      rest[io] -= length;
      this.enter(piece);
      this.send(piece);
    }
  }
}
