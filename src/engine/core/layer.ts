import { assert } from './assert.js';
import type { Io } from './io.js';
import { ROUTE_SCALE } from './requests.js';
import type { Sim } from './sim.js';

/**
 * A stage of the stack: takes rows from above and gives them back finished.
 *
 * - `submit` never completes: a layer that can answer at once asks for an event with delay zero, so
 *   no layer is re-entered in the middle of its own loop.
 * - A layer signs the route (`enter`) only if it needs to see the row come back.
 * - Each class makes its own calls (`this.lower.submit(io)`, `this.leave(io).complete(io)`): every
 *   call site then sees one target class and is inlined (architecture, section 13).
 */
export abstract class Layer {
  /** Number of this layer in the simulation: how events and routes name it. */
  readonly index: number;

  constructor(
    protected readonly sim: Sim,
    readonly name: string,
  ) {
    this.index = sim.register(this);
  }

  /** A row arrives from above. */
  abstract submit(io: Io): void;

  /** A row this layer signed and sent below has come back. */
  complete(io: Io): void {
    assert(false, `${this.name} got row ${io} back without having signed for it`);
  }

  /** A time this layer asked for has come. */
  fire(io: Io): void {
    assert(false, `${this.name} was woken for row ${io} without having asked`);
  }

  /** Signs the row's route: it comes back to this layer's `complete`. */
  protected enter(io: Io): void {
    const { route, depth } = this.sim.requests;
    route[io * ROUTE_SCALE + depth[io]++] = this.index;
  }

  /** Takes the last signature off the route: who is to complete the row next. */
  protected leave(io: Io): Layer {
    const { route, depth } = this.sim.requests;
    return this.sim.layers[route[io * ROUTE_SCALE + --depth[io]]];
  }

  /** Wakes this layer for `io` after `delayNs`. */
  protected after(delayNs: number, io: Io): void {
    this.sim.events.push(this.sim.now + delayNs, this.index, io);
  }
}
