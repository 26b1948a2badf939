/** How long until the connections over a network that is down are given up (model). */
const CONNECTION_LOSS_NS = 30_000_000_000;

/** The management network of a host, and the CPU that feeds it: one transfer after the other. */
export class ManagementNetwork {
  bytes = 0;
  /** CPU time that was spent on sending, ns. */
  cpuNs = 0;
  private downAt = Number.NaN;
  private linkFreeAt = 0;
  private cpuFreeAt = 0;

  constructor(readonly bytesPerSecond: number) {}

  get up(): boolean {
    return Number.isNaN(this.downAt);
  }

  setUp(up: boolean, now: number): void {
    if (up !== this.up) this.downAt = up ? Number.NaN : now;
  }

  /** It has been down for so long that its connections have ended. */
  isBroken(now: number): boolean {
    return now - this.downAt >= CONNECTION_LOSS_NS;
  }

  /**
   * Sends what has been read by now.
   * @param cpuNsPerByte of the one thread that sends, before the link gets it
   * @returns when it has arrived, ns
   */
  send(now: number, bytes: number, cpuNsPerByte: number): number {
    const workNs = Math.round(bytes * cpuNsPerByte);
    this.bytes += bytes;
    this.cpuNs += workNs;
    this.cpuFreeAt = Math.max(now, this.cpuFreeAt) + workNs;
    const wireNs = Math.round((bytes * 1e9) / this.bytesPerSecond);
    this.linkFreeAt = Math.max(this.cpuFreeAt, this.linkFreeAt) + wireNs;
    return this.linkFreeAt;
  }
}
