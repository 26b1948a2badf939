import { type Io, NO_IO } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import { deviceStatus, TASK_SET_FULL } from '../../core/status.js';
import { type Recall, type Recaller, recallFrom } from '../recall.js';
import type { AdapterCounters } from './counters.js';

/** How long to wait for a free row when the request table is full (model). */
const ROW_RETRY_NS = 100_000;
/** Pause before a piece that found the target's queue full is sent again (model). */
const FULL_PAUSE_NS = 1e6;
const FULL = deviceStatus(TASK_SET_FULL);
/** In place of how much of a row has been cut: the row is itself a piece. */
const PIECE = -1;

/**
 * Cuts rows longer than the adapter's largest transfer into pieces that run side by side; the row
 * ends when its last piece has ended. A piece that the target had no room for is sent again by
 * itself: sent as a whole, a row of more pieces than the target takes would never end.
 */
export class Splitter extends Layer implements Recaller {
  private readonly done: Int32Array;

  constructor(
    sim: Sim,
    name: string,
    private readonly counters: AdapterCounters,
    private readonly maxBlocks: number,
    private readonly adapter: Layer,
  ) {
    super(sim, name);
    this.done = sim.requests.column('splitter.done', Int32Array);
  }

  override submit(io: Io): void {
    this.done[io] = 0;
    this.counters.split(io);
    this.cut(io);
  }

  recall(piece: Io): Recall {
    return recallFrom(this.adapter, piece);
  }

  override fire(io: Io): void {
    if (this.done[io] === PIECE) this.send(io);
    else this.cut(io);
  }

  override complete(piece: Io): void {
    const { requests } = this.sim;
    if (requests.status[piece] === FULL) {
      requests.status[piece] = 0;
      this.after(FULL_PAUSE_NS, piece);
      return;
    }
    const io = requests.join(piece);
    // Pieces still to be cut have an event of their own.
    if (io === NO_IO || this.done[io] < requests.blocks[io]) return;
    this.leave(io).complete(io);
  }

  private cut(io: Io): void {
    const { requests } = this.sim;
    const total = requests.blocks[io];
    while (this.done[io] < total) {
      const piece = requests.split(io);
      if (piece === NO_IO) {
        this.after(ROW_RETRY_NS, io);
        return;
      }
      const rest = total - this.done[io];
      requests.lba[piece] = requests.lba[io] + this.done[io];
      requests.blocks[piece] = rest < this.maxBlocks ? rest : this.maxBlocks;
      requests.cutData(piece, this.done[io]);
      requests.path[piece] = requests.path[io];
      requests.nexus[piece] = requests.nexus[io];
      requests.lun[piece] = requests.lun[io];
      // Joining keeps the larger time, which then is the sum over this attempt and earlier ones.
      requests.deviceNs[piece] = requests.deviceNs[io];
      this.done[io] += requests.blocks[piece];
      this.done[piece] = PIECE;
      this.send(piece);
    }
  }

  private send(piece: Io): void {
    this.enter(piece);
    this.adapter.submit(piece);
  }
}
