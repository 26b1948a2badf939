/**
 * A client's side of dmClock (stack-lower 9.5): counts what the client has had from all servers, so
 * that each request can tell its server what was done elsewhere since the one before. Servers never
 * talk to one another.
 */
export class ServiceTracker {
  /** What the request to send carries: service elsewhere, in all and because of the reservation. */
  delta = 0;
  rho = 0;

  private served = 0;
  private reserved = 0;
  /** Per server: the totals when the last request went there, and its own part since. */
  private readonly servedThen: Float64Array;
  private readonly reservedThen: Float64Array;
  private readonly ownServed: Float64Array;
  private readonly ownReserved: Float64Array;

  constructor(servers: number) {
    this.servedThen = new Float64Array(servers);
    this.reservedThen = new Float64Array(servers);
    this.ownServed = new Float64Array(servers);
    this.ownReserved = new Float64Array(servers);
  }

  /** A request goes to `server`: sets `delta` and `rho`. */
  send(server: number): void {
    this.delta = this.served - this.servedThen[server] - this.ownServed[server];
    this.rho = this.reserved - this.reservedThen[server] - this.ownReserved[server];
    this.servedThen[server] = this.served;
    this.reservedThen[server] = this.reserved;
    this.ownServed[server] = 0;
    this.ownReserved[server] = 0;
  }

  /**
   * `server` has answered.
   * @param isReserved it served the request because the reservation was due
   */
  answered(server: number, isReserved: boolean): void {
    this.served++;
    this.ownServed[server]++;
    if (!isReserved) return;
    this.reserved++;
    this.ownReserved[server]++;
  }
}
