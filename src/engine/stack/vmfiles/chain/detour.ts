import type { Io } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import { type Recall, type Recaller, recallFrom } from '../../recall.js';

/** Below a chain: where a migration puts its mirror while the machine runs. */
export class Detour extends Layer implements Recaller {
  constructor(
    sim: Sim,
    name: string,
    private lower: Layer,
  ) {
    super(sim, name);
  }

  /** Rows go this way from now on; those that are below come back as they went. */
  divert(lower: Layer): void {
    this.lower = lower;
  }

  override submit(io: Io): void {
    this.lower.submit(io);
  }

  recall(io: Io): Recall {
    return recallFrom(this.lower, io);
  }
}
