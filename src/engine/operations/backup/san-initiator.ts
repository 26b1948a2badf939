import type { Io } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import type { Lun } from '../../devices/array/lun.js';
import type { Nexus } from '../../devices/fabric/nexus.js';

/**
 * The adapter of a backup proxy outside the hosts: its rows reach the ports of the arrays over
 * connections of its own. It goes to the controller that owns the LUN, by turns over its ports, and to
 * any other where that one cannot be reached; whoever sent a row that failed sends it again.
 */
export class SanInitiator extends Layer {
  private turn = 0;
  private readonly lun: Int32Array;

  /** @param nexusesOf connections to the array a LUN is in */
  constructor(
    sim: Sim,
    name: string,
    private readonly nexusesOf: (lun: Lun) => readonly Nexus[],
  ) {
    super(sim, name);
    this.lun = sim.requests.lun;
  }

  /** Takes rows addressed on the LUN whose layer `lun` names. */
  override submit(io: Io): void {
    const lun = this.sim.layers[this.lun[io]] as Lun;
    const nexus = this.choose(lun);
    this.sim.requests.nexus[io] = nexus.index;
    this.enter(io);
    nexus.submit(io);
  }

  /** The answer is here at its `readyAt`. */
  override complete(io: Io): void {
    const { now, requests } = this.sim;
    this.sim.events.push(Math.max(now, requests.readyAt[io]), this.index, io);
  }

  override fire(io: Io): void {
    this.leave(io).complete(io);
  }

  private choose(lun: Lun): Nexus {
    const all = this.nexusesOf(lun);
    const turn = this.turn++;
    let best = all[turn % all.length];
    for (let step = 0; step < all.length; step++) {
      const nexus = all[(turn + step) % all.length];
      if (!nexus.up) continue;
      if (nexus.controller === lun.owner) return nexus;
      if (!best.up) best = nexus;
    }
    return best;
  }
}
