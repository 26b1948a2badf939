/**
 * Whether commands may pass the I/O scheduler by: the device has a latency-sensitive threshold (HPP,
 * stack-lower reference 3.8) and has answered faster than that. Looked at anew after each interval
 * (`Disk.FastPathRestoreInterval`), by the mean latency of what came back in it.
 */
export class FastPath {
  /** The device is fast enough. */
  open = false;
  private count = 0;
  private sumNs = 0;
  private since = 0;
  /** Virtual disks with a limit, which the scheduler has to keep. */
  private readonly limited = new Set<number>();

  constructor(
    private readonly thresholdNs: number,
    private readonly intervalNs: number,
  ) {}

  /** Virtual disk number `disk` has a limit, or has none. */
  setLimited(disk: number, limited: boolean): void {
    if (limited) this.limited.add(disk);
    else this.limited.delete(disk);
  }

  /** True when a command may pass the scheduler by; throttling of the depth is the caller's to know. */
  get usable(): boolean {
    return this.open && this.limited.size === 0;
  }

  /** A command came back at `now`, `deviceNs` after the driver got it. */
  answered(now: number, deviceNs: number): void {
    this.count++;
    this.sumNs += deviceNs;
    if (now - this.since < this.intervalNs) return;
    this.open = this.sumNs < this.thresholdNs * this.count;
    this.since = now;
    this.count = 0;
    this.sumNs = 0;
  }
}
