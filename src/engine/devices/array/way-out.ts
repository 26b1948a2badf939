import type { Lane } from '../../core/events.js';
import type { Io } from '../../core/io.js';
import type { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import type { Controllers } from './controllers.js';
import { CONTROLLER_NS, FORWARD_NS } from './lun-times.js';
import type { Ownership } from './ownership.js';

/**
 * How a LUN's answers leave their array: the controller that works for the LUN takes its turn, and
 * where the command came in by another one, the answer is forwarded to it.
 */
export class WayOut {
  /** Answers that need no disk, in order for each controller they leave by. */
  private readonly lanes: Lane[] = [];
  private readonly lastAt: Float64Array;
  private readonly controllerOf: Uint8Array;

  /** @param ownership undefined where every controller works for the LUN */
  constructor(
    private readonly sim: Sim,
    private readonly lun: Layer,
    private readonly controllers: Controllers,
    private readonly ownership: Ownership | undefined,
  ) {
    this.lastAt = new Float64Array(controllers.count);
    for (let index = 0; index < controllers.count; index++) this.lanes.push(sim.lane(lun));
    this.controllerOf = sim.requests.column('array.controller', Uint8Array);
  }

  /** Takes the turn of a row; returns when its answer is at the controller it leaves by, ns. */
  readyAt(io: Io): number {
    const leaves = this.controllerOf[io];
    const by = this.ownership === undefined ? leaves : this.ownership.owner;
    const { busyUntil } = this.controllers;
    const at = Math.max(busyUntil[by], this.sim.now) + CONTROLLER_NS;
    busyUntil[by] = at;
    return by === leaves ? at : at + FORWARD_NS;
  }

  /** Wakes the LUN for the row once its turn has been taken, and `ns` later. */
  answer(io: Io, ns: number): void {
    const leaves = this.controllerOf[io];
    const at = this.readyAt(io) + ns;
    if (at >= this.lastAt[leaves]) {
      this.lastAt[leaves] = at;
      this.lanes[leaves].push(at, io);
    } else {
      this.sim.events.push(at, this.lun.index, io);
    }
  }
}
