import type { Sim } from '../../../core/sim.js';
import { formatDuration } from '../../../core/units.js';
import type { NfsClients } from '../../../devices/nfs-clients.js';
import { type MountState, SESSION_LOST, SESSION_RECLAIMING, SESSION_UP } from '../mount-state.js';
import type { NfsCalls } from './calls.js';
import type { NfsLocks } from './locks.js';

/** EXCHANGE_ID and CREATE_SESSION. */
const SETUP_CALLS = 2;
/** A call of the recovery whose connection was lost is made again after 1 s (model). */
const AGAIN_NS = 1_000_000_000;

/**
 * The session of an NFS 4.1 mount. A server that has restarted does not know it: the client makes a
 * new one, claims every open file again and says that it is done (RECLAIM_COMPLETE); I/O waits.
 */
export class SessionState {
  /** Life of the server the session belongs to. */
  life: number;
  private recovering = false;
  private beganAt = 0;

  /** @param onUp I/O may go on */
  constructor(
    private readonly sim: Sim,
    private readonly title: string,
    private readonly server: NfsClients,
    private readonly calls: NfsCalls,
    private readonly locks: NfsLocks,
    private readonly state: MountState,
    private readonly onUp: () => void,
  ) {
    this.life = server.life;
    server.join(state.host);
    state.set('session', SESSION_UP);
  }

  get isUp(): boolean {
    return !this.recovering;
  }

  /** The server has answered BADSESSION. */
  lose(): void {
    if (this.recovering) return;
    this.recovering = true;
    this.beganAt = this.sim.now;
    this.state.set('session', SESSION_LOST);
    this.note('nfs.session.lost', 'a new one is made', 'BADSESSION: the server has restarted');
    this.repeat(SETUP_CALLS, () => {
      this.life = this.server.life;
      this.server.join(this.state.host);
      this.state.set('session', SESSION_RECLAIMING);
      this.repeat(this.locks.held.size + 1, () => this.reclaimed());
    });
  }

  private reclaimed(): void {
    this.server.reclaimed(this.state.host);
    this.recovering = false;
    this.locks.renewed();
    this.state.set('session', SESSION_UP);
    const span = formatDuration(this.sim.now - this.beganAt);
    const what = `a new one, with ${this.locks.held.size} files claimed again`;
    this.note('nfs.session.recovered', what, `took ${span}`);
    this.onUp();
  }

  /** So many calls, one after the other; also for a host that dies meanwhile, as it may be back. */
  private repeat(times: number, then: () => void): void {
    if (times === 0) {
      then();
      return;
    }
    this.calls.call((ok) => {
      if (ok) this.repeat(times - 1, then);
      else this.sim.timers.delay(AGAIN_NS, () => this.repeat(times, then));
    });
  }

  private note(kind: string, what: string, why: string): void {
    this.sim.log.note(kind, this.title, `${this.state.host}: ${what}`, why);
  }
}
