import { assert } from '../../core/assert.js';
import type { Sim } from '../../core/sim.js';

/** Where a device stands in the VMkernel device layer. */
export type DriverState =
  | 'unclaimed'
  | 'attached'
  | 'scanned'
  | 'started'
  | 'quiesced'
  | 'forgotten'
  | 'removed';

/** What the device layer asks of a driver, in the order of a life. */
export type DriverOperation =
  | 'attach'
  | 'scan'
  | 'start'
  | 'quiesce'
  | 'detach'
  | 'forget'
  | 'remove';

interface Step {
  readonly from: readonly DriverState[];
  readonly to: DriverState;
}

/**
 * The device layer's state machine (stack-lower reference, 1.3; names of the operations from
 * memory). `remove` is not an operation of the driver: the last of a forgotten device is gone.
 */
const STEPS: Readonly<Record<DriverOperation, Step>> = {
  attach: { from: ['unclaimed', 'removed'], to: 'attached' },
  scan: { from: ['attached'], to: 'scanned' },
  start: { from: ['scanned', 'quiesced'], to: 'started' },
  quiesce: { from: ['started'], to: 'quiesced' },
  detach: { from: ['quiesced'], to: 'unclaimed' },
  forget: { from: ['attached', 'scanned', 'started', 'quiesced'], to: 'forgotten' },
  remove: { from: ['forgotten'], to: 'removed' },
};

/** The state of one device and its driver; every change is in the event log. */
export class Lifecycle {
  state: DriverState = 'unclaimed';

  constructor(
    private readonly sim: Sim,
    private readonly title: string,
  ) {}

  may(operation: DriverOperation): boolean {
    return STEPS[operation].from.includes(this.state);
  }

  /** Moves on; an operation the state does not allow is a bug of the caller. */
  move(operation: DriverOperation, why: string): void {
    if (!this.may(operation)) assert(false, `${this.title}: ${operation} while ${this.state}`);
    const before = this.state;
    this.state = STEPS[operation].to;
    this.sim.log.note('driver.state', this.title, `${before} -> ${this.state}`, why);
  }

  /** Attach, scan, start of a boot: not worth a line in the log. */
  boot(): void {
    this.state = 'started';
  }
}
