import { assert } from './assert.js';
import type { Io } from './io.js';
import { Layer } from './layer.js';

type Cancel = () => void;

/**
 * Calls a function at a simulated time. For what happens seldom (heartbeats, faults, time-outs of
 * whole devices); the I/O path asks for events of its own.
 */
export class Timers extends Layer {
  private readonly actions: (Cancel | undefined)[] = [];
  private readonly free: number[] = [];

  constructor(sim: ConstructorParameters<typeof Layer>[0]) {
    super(sim, 'timers');
  }

  override submit(): void {
    assert(false, 'timers take no rows');
  }

  /** Runs `action` at `at`; the returned function cancels it and may be called at any time. */
  at(at: number, action: () => void): Cancel {
    const slot = this.free.pop() ?? this.actions.length;
    this.actions[slot] = action;
    this.sim.events.push(at, this.index, slot);
    let armed = true;
    const run = (): void => {
      armed = false;
      action();
    };
    this.actions[slot] = run;
    return () => {
      if (armed) this.actions[slot] = undefined;
      armed = false;
    };
  }

  delay(delayNs: number, action: () => void): Cancel {
    return this.at(this.sim.now + delayNs, action);
  }

  /** Runs `action` every `periodNs`, first after one period, until cancelled. */
  every(periodNs: number, action: () => void): Cancel {
    assert(periodNs > 0, 'a period is positive');
    let stop: Cancel;
    const again = (): void => {
      stop = this.delay(periodNs, again);
      action();
    };
    stop = this.delay(periodNs, again);
    return () => stop();
  }

  override fire(slot: Io): void {
    const action = this.actions[slot];
    this.actions[slot] = undefined;
    this.free.push(slot);
    action?.();
  }
}
