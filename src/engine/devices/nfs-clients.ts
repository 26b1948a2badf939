import type { Sim } from '../core/sim.js';
import { formatDuration } from '../core/units.js';

/**
 * What an NFS 4.1 server knows of its clients. A restart forgets every session: calls of older ones
 * get BADSESSION, and until all clients of before have claimed their opens again, or the grace period
 * is over, nothing else is served (RFC 8881, 8.4.2).
 */
export class NfsClients {
  /** Number of the server's life, from 1; a session belongs to one of them. */
  life = 1;
  private readonly known = new Set<string>();
  private missing = new Set<string>();
  private stopGrace: (() => void) | undefined;

  constructor(
    private readonly sim: Sim,
    private readonly server: string,
    private readonly graceNs: number,
  ) {}

  get inGrace(): boolean {
    return this.stopGrace !== undefined;
  }

  /** EXCHANGE_ID. */
  join(client: string): void {
    this.known.add(client);
  }

  /** What the client held is free: its lease has run out. */
  forget(client: string): void {
    this.known.delete(client);
    this.reclaimed(client);
  }

  restart(why: string): void {
    this.life++;
    this.endGrace();
    if (this.known.size === 0 || this.graceNs === 0) return;
    this.missing = new Set(this.known);
    const what = `grace period of ${formatDuration(this.graceNs)} for ${this.known.size} clients`;
    this.sim.log.note('nfs.grace.begin', this.server, what, why);
    this.stopGrace = this.sim.timers.delay(this.graceNs, () => this.finish('its time is over'));
  }

  /** RECLAIM_COMPLETE. */
  reclaimed(client: string): void {
    this.missing.delete(client);
    if (this.inGrace && this.missing.size === 0) this.finish('every client has its files again');
  }

  private finish(why: string): void {
    this.endGrace();
    this.sim.log.note('nfs.grace.end', this.server, 'all calls are served again', why);
  }

  private endGrace(): void {
    this.stopGrace?.();
    this.stopGrace = undefined;
  }
}
