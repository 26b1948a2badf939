import { type Io, NO_IO } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';

/** How long to wait for a free row when the request table is full (model). */
const ROW_RETRY_NS = 100_000;

/**
 * Cuts rows longer than the adapter's largest transfer into pieces that run side by side; the row
 * ends when its last piece has ended.
 */
export class Splitter extends Layer {
  private readonly done: Int32Array;
  private readonly splitSlot: number;

  constructor(
    sim: Sim,
    name: string,
    private readonly entity: Entity,
    private readonly maxBlocks: number,
    private readonly adapter: Layer,
  ) {
    super(sim, name);
    this.done = sim.requests.column('splitter.done', Int32Array);
    this.splitSlot = entity.slot('split');
  }

  override submit(io: Io): void {
    this.done[io] = 0;
    this.entity.values[this.splitSlot]++;
    this.cut(io);
  }

  override fire(io: Io): void {
    this.cut(io);
  }

  override complete(piece: Io): void {
    const { requests } = this.sim;
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
      requests.path[piece] = requests.path[io];
      requests.nexus[piece] = requests.nexus[io];
      requests.lun[piece] = requests.lun[io];
      // Joining keeps the larger time, which then is the sum over this attempt and earlier ones.
      requests.deviceNs[piece] = requests.deviceNs[io];
      this.done[io] += requests.blocks[piece];
      this.enter(piece);
      this.adapter.submit(piece);
    }
  }
}
