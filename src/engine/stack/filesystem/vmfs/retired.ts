import { NO_IO, WRITE } from '../../../core/io.js';
import { ROW_STRIDE } from '../../../core/requests.js';
import type { Sim } from '../../../core/sim.js';
import type { VmfsVolume } from './volume.js';

/** First pause between two looks whether blocks are still in use, and the longest (model). */
const LOOK_NS = 100_000_000;
const LOOK_MAX_NS = 60_000_000_000;

/**
 * Blocks a guest has unmapped, until no command can touch them any more: a read or write that was
 * sent before the UNMAP may still be on its way to them, and the next owner must not meet it. Looks
 * through the request table, since commands pass the file system without signing.
 */
export class Retired {
  private readonly sentAt: Float64Array;

  constructor(
    private readonly sim: Sim,
    private readonly volume: VmfsVolume,
  ) {
    this.sentAt = sim.requests.column('vmdk.sentAt', Float64Array);
  }

  /** @param unmappedAt commands sent later know of the UNMAP */
  add(file: number, block: number, count: number, unmappedAt: number, pauseNs = LOOK_NS): void {
    if (!this.isUsed(file, unmappedAt)) {
      this.volume.giveBack(block, count, 'the guest unmapped them');
      return;
    }
    const nextNs = Math.min(LOOK_MAX_NS, 2 * pauseNs);
    this.sim.timers.delay(pauseNs, () => this.add(file, block, count, unmappedAt, nextNs));
  }

  /** True while a command of the file that was sent before is still in flight. */
  private isUsed(file: number, unmappedAt: number): boolean {
    const { sentAt } = this;
    const { requests } = this.sim;
    // Rows with small handles are taken first, so the search ends long before the table does.
    let left = requests.inFlight;
    for (let io = 0; left > 0 && io < requests.handleLimit; io += ROW_STRIDE) {
      if (!requests.live(io)) continue;
      left--;
      if (requests.file[io] !== file || requests.op[io] > WRITE) continue;
      if (requests.parentOf(io) === NO_IO && sentAt[io] <= unmappedAt) return true;
    }
    return false;
  }
}
