/** State of an array's controllers that its ports and LUNs share. */
export class Controllers {
  /** 1 while the controller runs. */
  readonly alive: Uint8Array;
  /** Until when each controller is busy with commands it has taken, ns. */
  readonly busyUntil: Float64Array;

  constructor(readonly count: number) {
    this.alive = new Uint8Array(count).fill(1);
    this.busyUntil = new Float64Array(count);
  }

  /** A running controller, or -1. */
  survivor(): number {
    return this.alive.indexOf(1);
  }
}
