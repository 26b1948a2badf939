import type { Sim } from '../../../core/sim.js';

/** So many moves of a LUN by one host within so long mean that another host moves it back (model). */
const MOVES = 5;
const WINDOW_NS = 60e9;

/**
 * Notices path thrashing: this host activates paths again and again, because another host takes the
 * LUN away each time (stack-lower reference, 3.5).
 */
export class ThrashWatch {
  private readonly moves: number[] = [];
  private quietUntil = 0;

  constructor(
    private readonly sim: Sim,
    private readonly title: string,
  ) {}

  /** The LUN has been moved to this host's paths. */
  moved(pathName: string): void {
    const { now } = this.sim;
    this.moves.push(now);
    if (this.moves.length > MOVES) this.moves.shift();
    if (this.moves.length < MOVES || now - this.moves[0] > WINDOW_NS) return;
    if (now < this.quietUntil) return;
    this.quietUntil = now + WINDOW_NS;
    const seconds = Math.round((now - this.moves[0]) / 1e9);
    this.sim.log.note(
      'device.thrashing',
      this.title,
      `${MOVES} activations of paths in ${seconds} s`,
      `the LUN did not stay where ${pathName} leads: another host moves it too`,
    );
  }
}
