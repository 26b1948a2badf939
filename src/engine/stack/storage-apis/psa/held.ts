import type { Io } from '../../../core/io.js';
import { RowList } from '../../../core/row-list.js';
import type { Sim } from '../../../core/sim.js';
import { CHECK, SENSE_LUN_NOT_SUPPORTED } from '../../../core/status.js';
import type { Availability } from './availability.js';

/** Commands a device has no path for: held in order, or refused where its state says so. */
export class HeldRows extends RowList {
  /** Commands that found no path, and how many of them there were when that was last asked. */
  private asked = 0;
  private askedThen = 0;

  /** @param refuse ends a command, whose status says why, by an event of its own */
  constructor(
    private readonly sim: Sim,
    private readonly availability: Availability,
    private readonly refuse: (io: Io) => void,
  ) {
    super(sim);
  }

  /** Keeps a command until there is a path, or lets it fail. */
  hold(io: Io): void {
    const { status, sense, world } = this.sim.requests;
    const refusal = this.availability.refusal(world[io]);
    this.asked++;
    status[io] = refusal;
    sense[io] = refusal === CHECK ? SENSE_LUN_NOT_SUPPORTED : 0;
    if (refusal === 0) this.push(io);
    else this.refuse(io);
  }

  /** All of them again, now that the device's state has changed. */
  review(): void {
    for (let left = this.count; left > 0; left--) this.hold(this.shift());
  }

  /** True when no command has asked for the device since this was last called. */
  isIdle(): boolean {
    const idle = this.asked === this.askedThen && this.count === 0;
    this.askedThen = this.asked;
    return idle;
  }
}
