import { type Io, OP_NAMES } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import { formatStatus } from '../../core/status.js';
import { explainStatus } from '../../core/status-text.js';

/** One line for a virtual disk in this time at most, whatever fails (model). */
const PERIOD_NS = 10e9;

/** Tells the event log of commands that came back to a guest with an error, but not of each one. */
export class FailureNotes {
  private notedAt = Number.NEGATIVE_INFINITY;
  /** Failures since the last line that had none of their own. */
  private others = 0;

  constructor(
    private readonly sim: Sim,
    private readonly disk: string,
  ) {}

  note(io: Io): void {
    const { now, requests, log } = this.sim;
    if (now < this.notedAt + PERIOD_NS) {
      this.others++;
      return;
    }
    const { op, lba, blocks, status, sense, world } = requests;
    const command = `${OP_NAMES[op[io]]} of ${blocks[io]} blocks at ${lba[io]}, world ${world[io]}`;
    const more = this.others > 0 ? `; ${this.others} more since the last line` : '';
    const what = `${command}, failed ${formatStatus(status[io], sense[io])}${more}`;
    log.note('command.failed', this.disk, what, explainStatus(status[io], sense[io]));
    this.notedAt = now;
    this.others = 0;
  }
}
