import type { Sim } from '../../core/sim.js';
import type { ArrayPlan } from '../../plan/plan.js';
import {
  ACTIVE_NON_OPTIMIZED,
  ACTIVE_OPTIMIZED,
  type AccessState,
  STANDBY,
  TRANSITIONING,
  UNAVAILABLE,
} from './access.js';
import type { Controllers } from './controllers.js';

/**
 * Which controller owns a LUN, and how ownership moves (ALUA, stack-lower reference 3.5). On an
 * active-active array all controllers are equal and a move is at once.
 */
export class Ownership {
  owner: number;
  moving = false;
  private target: number;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly sim: Sim,
    private readonly lun: string,
    private readonly access: ArrayPlan['access'],
    private readonly transitionNs: number,
    private readonly controllers: Controllers,
    /** Controller the LUN goes back to when it is repaired. */
    readonly preferred: number,
    private readonly onChange: () => void,
  ) {
    this.owner = preferred;
    this.target = preferred;
  }

  /** The owner once a move under way has ended. */
  get destination(): number {
    return this.moving ? this.target : this.owner;
  }

  state(controller: number): AccessState {
    if (this.controllers.alive[controller] === 0) return UNAVAILABLE;
    if (this.moving) return TRANSITIONING;
    if (this.access === 'active-active') return ACTIVE_OPTIMIZED;
    if (controller === this.owner) return ACTIVE_OPTIMIZED;
    return this.access === 'alua' ? ACTIVE_NON_OPTIMIZED : STANDBY;
  }

  /** Moves the LUN to a running controller; does nothing when it goes there already. */
  move(controller: number, why: string): void {
    if (this.controllers.alive[controller] !== 1 || controller === this.destination) return;
    this.cancel?.();
    this.cancel = undefined;
    this.target = controller;
    const what = `controller ${this.owner} to ${controller}`;
    this.sim.log.note('lun.trespass', this.lun, what, why);
    if (this.access === 'active-active' || this.transitionNs === 0) {
      this.arrive(why);
      return;
    }
    this.moving = true;
    this.cancel = this.sim.timers.delay(this.transitionNs, () => this.arrive(why));
    this.onChange();
  }

  private arrive(why: string): void {
    this.cancel = undefined;
    this.moving = false;
    this.owner = this.target;
    this.sim.log.note('lun.owner', this.lun, `owned by controller ${this.owner}`, why);
    this.onChange();
  }
}
