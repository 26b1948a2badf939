import type { Sim } from '../../../core/sim.js';

/** An NFS server as its clients know it besides sending calls to it. */
export interface NfsAddresses {
  readonly addresses: number;
  linkUp(address: number): boolean;
}

/** How long a client waits before it connects anew, and before it tries that again (model). */
const CONNECT_NS = 1_000_000_000;
const RECONNECT_NS = 10_000_000_000;

/**
 * The connections of a mount, one for each address it uses. NFS 3 has one; sessions of NFS 4.1 are
 * spread over all of them in turn (session trunking) and go on over the others when one is lost.
 */
export class NfsLinks {
  private readonly working: boolean[];
  private last = -1;

  /** @param count addresses used */
  constructor(
    private readonly sim: Sim,
    private readonly title: string,
    private readonly server: NfsAddresses | undefined,
    private readonly count: number,
  ) {
    this.working = Array.from({ length: count }, () => true);
  }

  /** Address for the next call. */
  next(): number {
    if (this.count === 1) return 0;
    for (let step = 0; step < this.count; step++) {
      this.last = (this.last + 1) % this.count;
      if (this.working[this.last]) return this.last;
    }
    return this.last;
  }

  /** The connection to an address was lost. @returns whether another one works */
  lose(address: number): boolean {
    if (this.count === 1) return false;
    if (this.working[address]) {
      this.working[address] = false;
      const left = this.working.filter(Boolean).length;
      const what = `address ${address} lost, ${left} of ${this.count} left`;
      this.sim.log.note('nfs.link.lost', this.title, what, 'its connection was lost');
      this.sim.timers.delay(CONNECT_NS, () => this.reconnect(address));
    }
    return this.working.includes(true);
  }

  private reconnect(address: number): void {
    if (this.server?.linkUp(address) === false) {
      this.sim.timers.delay(RECONNECT_NS, () => this.reconnect(address));
      return;
    }
    this.working[address] = true;
    this.sim.log.note(
      'nfs.link.back',
      this.title,
      `address ${address} is used again`,
      'reconnected',
    );
  }
}
